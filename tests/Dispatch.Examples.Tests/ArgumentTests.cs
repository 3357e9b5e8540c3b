namespace Dispatch.Examples.Tests;

/// <summary>What all programs do with their arguments.</summary>
public sealed class ArgumentTests
{
    [Theory]
    [InlineData("Quickstart", "/no/such/directory")]
    [InlineData("Quickstart", "--loops", "0")]
    [InlineData("Quickstart", "--kernel", "epoll")]
    [InlineData("Quickstart", ".", "surplus")]
    [InlineData("Echo")]
    [InlineData("Echo", "--port", "65536")]
    [InlineData("Echo", "--port", "0", "--mode", "block")]
    [InlineData("Echo", "--port", "0", "--cpus", "60000")]
    [InlineData("Echo", "--port", "0", "--cpus", "60000", "--loops", "x")]
    [InlineData("Echo", "--port", "0", "--buffers", "3")]
    [InlineData("Echo", "--port", "0", "--address", "nowhere")]
    [InlineData("HotLoop", "--seconds", "-1")]
    [InlineData("SimulatedServer", "--seeds", "0")]
    [InlineData("SyscallTable", "surplus")]
    [InlineData("KeyLookup", "--records", "0")]
    [InlineData("KeyLookup", "--depth", "1025")]
    [InlineData("KeyLookup", "--compare", "--loops", "2")]
    [InlineData("LogWatch")]
    [InlineData("LogWatch", "/no/such/file")]
    [InlineData("LogWatch", "/etc/hostname", "--match", "(")]
    [InlineData("LogWatch", "/etc/hostname", "--match", "(a)\\1")]
    [InlineData("WebApp")]
    [InlineData("WebApp", "--port", "0", "--transport", "epoll")]
    [InlineData("WebApp", "--port", "0", "--scheduling", "sometimes")]
    [InlineData("WebApp", "--port", "0", "--transport", "sockets", "--loops", "2")]
    [InlineData("WebApp", "--port", "0", "--h2c", "--https", "/etc/hostname")]
    [InlineData("WebApp", "--port", "0", "--files", "/no/such/folder")]
    public void Bad_arguments_print_the_usage_to_standard_error_and_end_with_2(string program, params string[] arguments)
    {
        ExampleResult result = ExampleProcess.Run(program, arguments);

        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains("Usage:", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Quickstart", "--sums")]
    [InlineData("Echo", "--mode <await|observe|pipe|stream|poll>")]
    [InlineData("HotLoop", "--seconds")]
    [InlineData("SyscallTable", "--calls")]
    [InlineData("KeyLookup", "--compare")]
    [InlineData("LogWatch", "--match <REGEX>")]
    [InlineData("WebApp", "--transport <dispatch|sockets>")]
    public void Help_goes_to_standard_output(string program, string option)
    {
        ExampleResult result = ExampleProcess.Run(program, "--help");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains(option, result.Output, StringComparison.Ordinal);
        Assert.Contains("--json", result.Output, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }
}
