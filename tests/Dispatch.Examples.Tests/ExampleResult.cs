using System.Text.Json;

namespace Dispatch.Examples.Tests;

/// <summary>What a program that has ended left behind.</summary>
internal sealed record ExampleResult(int ExitCode, string Output, string Error)
{
    /// <summary>Gets the last line of the output, as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Output.TrimEnd('\n').Split('\n')[^1]).RootElement;

    /// <summary>Gets the lines of the error output that say something.</summary>
    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
