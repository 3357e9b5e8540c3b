using System.CommandLine;
using Dispatch.Benchmarks;

RootCommand root = CommandLine.Build();
ParseResult arguments = root.Parse(args);
if (arguments.Errors.Count > 0)
{
    foreach (System.CommandLine.Parsing.ParseError error in arguments.Errors)
    {
        Console.Error.WriteLine(error.Message);
    }

    Console.Error.WriteLine();
    root.Parse("--help").Invoke(new InvocationConfiguration { Output = Console.Error });
    return 2;
}

return await arguments.InvokeAsync();
