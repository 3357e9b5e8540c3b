using System.CommandLine;

var root = new RootCommand("Dispatch HotLoop") { TreatUnmatchedTokensAsErrors = false };
root.SetAction(_ => 0);
return root.Parse(args).Invoke();
