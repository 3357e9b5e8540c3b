using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Dispatch.Examples;

/// <summary>
/// What the examples' programs have in common: bad arguments print the usage to standard error and end with 2; an error prints one line that says what to do, and ends with 1; nobody is shown a stack trace.
/// </summary>
internal static class ExampleProgram
{
    private const int Failed = 1;
    private const int BadArguments = 2;

    private static readonly JsonSerializerOptions OneLine = new(JsonSerializerDefaults.Web);

    /// <summary>Parses the arguments and runs the command's action.</summary>
    /// <param name="command">The command, its action set.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="check">Looks at arguments that are valid each by itself, and returns what is wrong with them together, or null.</param>
    /// <returns>The exit code.</returns>
    public static int Run(RootCommand command, string[] arguments, Func<ParseResult, string?>? check = null)
    {
        ParseResult parsed = command.Parse(arguments);
        List<string> errors = [.. parsed.Errors.Select(error => error.Message)];
        if (errors.Count == 0 && parsed.Action == command.Action && check?.Invoke(parsed) is { } fault)
        {
            errors.Add(fault);
        }

        if (errors.Count > 0)
        {
            errors.ForEach(Console.Error.WriteLine);
            Console.Error.WriteLine();
            command.Parse("--help").Invoke(new InvocationConfiguration { Output = Console.Error });
            return BadArguments;
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (KernelUnavailableException e)
        {
            Console.Error.WriteLine(e.Cause);
            Console.Error.WriteLine(KernelRemedy.For(e, arguments));
            return Failed;
        }
        catch (Exception e)
        {
            Console.Error.WriteLine(e.Message.ReplaceLineEndings(" ")); // Dispatch's messages say what to do; a stack says nothing to those who run a program.
            return Failed;
        }
    }

    /// <summary>Prints a record as one line of JSON. Call it last.</summary>
    /// <typeparam name="T">The type of the record.</typeparam>
    /// <param name="record">The record.</param>
    public static void PrintJson<T>(T record) => Console.WriteLine(JsonSerializer.Serialize(record, OneLine));

    /// <summary>Prints a record as one line of JSON, in a program that is published trimmed or compiled ahead of time. Call it last.</summary>
    /// <typeparam name="T">The type of the record.</typeparam>
    /// <param name="record">The record.</param>
    /// <param name="type">How it is written.</param>
    public static void PrintJson<T>(T record, JsonTypeInfo<T> type) => Console.WriteLine(JsonSerializer.Serialize(record, type));
}
