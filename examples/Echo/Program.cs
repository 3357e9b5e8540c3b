using System.CommandLine;

var root = new RootCommand("Dispatch Echo") { TreatUnmatchedTokensAsErrors = false };
root.SetAction(_ => 0);
return root.Parse(args).Invoke();
