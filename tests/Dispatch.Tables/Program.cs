using Dispatch.Tables;

string root = GeneratedFile.FindRoot(Directory.GetCurrentDirectory());
foreach (GeneratedFile file in GeneratedFile.All)
{
    File.WriteAllText(file.PathIn(root), file.Make(root));
    Console.WriteLine(file.Target);
}
