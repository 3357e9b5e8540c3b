using System.Text.Json;

namespace Dispatch.Examples.Tests;

/// <summary>The hot loop's figures: that they are there, and the two that do not depend on the machine.</summary>
public sealed class HotLoopTests
{
    [Fact]
    public void Over_a_million_empty_polls_enter_the_kernel_not_once()
    {
        ExampleResult result = ExampleProcess.Run("HotLoop", "--seconds", "1", "--json");

        Assert.Equal(0, result.ExitCode);
        JsonElement json = result.Json;
        Assert.True(json.GetProperty("emptyPolls").GetInt64() > 1_000_000);
        Assert.Equal(0, json.GetProperty("emptyPollEnters").GetInt64());
        foreach (string figure in new[] { "emptyPollNs", "nopRoundTripNs", "nopInBatchNs", "fileReadsPerSecond", "fileReadsPerEnter" })
        {
            Assert.True(json.GetProperty(figure).GetDouble() > 0, figure);
        }

        foreach (string figure in new[] { "timerLateness", "messageLatency" })
        {
            Assert.True(json.GetProperty(figure).GetProperty("count").GetInt64() > 0, figure);
            Assert.True(json.GetProperty(figure).GetProperty("p50Us").GetDouble() <= json.GetProperty(figure).GetProperty("maxUs").GetDouble(), figure);
        }
    }
}
