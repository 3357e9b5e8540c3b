using System.Text.Json;

namespace Dispatch.Examples.Tests;

/// <summary>The table of operations and calls: what does not depend on the machine.</summary>
public sealed class SyscallTableTests
{
    [Fact]
    public void Every_operation_is_probed_once_and_those_that_never_block_run_inline()
    {
        ExampleResult result = ExampleProcess.Run("SyscallTable", "--json");

        Assert.Equal((0, string.Empty), (result.ExitCode, result.Error));
        Dictionary<string, string> places = result.Json.GetProperty("operations").EnumerateArray()
            .ToDictionary(o => o.GetProperty("operation").GetString()!, o => o.GetProperty("where").GetString()!);
        Assert.Equal(63, places.Count);
        Assert.Equal(("Inline", "Inline", "Inline"), (places["NOP"], places["SOCKET"], places["ASYNC_CANCEL"]));
        Assert.Equal(("Asynchronous", "Asynchronous", "Asynchronous"), (places["POLL_ADD"], places["TIMEOUT"], places["RECV"]));
        Assert.Equal(("KernelWorker", "KernelWorker"), (places["FSYNC"], places["UNLINKAT"]));
    }

    [Fact]
    public void The_table_for_people_names_every_operation()
    {
        ExampleResult result = ExampleProcess.Run("SyscallTable");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("FUTEX_WAITV", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_system_call_has_a_class_and_a_reason()
    {
        ExampleResult result = ExampleProcess.Run("SyscallTable", "--calls", "--json");

        Assert.Equal(0, result.ExitCode);
        JsonElement[] calls = [.. result.Json.GetProperty("calls").EnumerateArray()];
        Assert.True(calls.Length > 300);
        Assert.All(calls, c => Assert.NotEmpty(c.GetProperty("reason").GetString()!));
        Assert.Equal("Refused", calls.Single(c => c.GetProperty("name").GetString() == "exit_group").GetProperty("class").GetString());
    }
}
