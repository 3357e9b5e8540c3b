using System.Net.Sockets;

namespace Dispatch.Examples.Tests;

/// <summary>The end of the web application with work in its hands.</summary>
public sealed class WebAppShutdownTests
{
    [Theory]
    [InlineData("dispatch", "adaptive")]
    [InlineData("dispatch", "owner")]
    [InlineData("dispatch", "threadpool")]
    [InlineData("sockets", null)]
    public async Task A_thousand_requests_in_flight_are_all_answered_when_SIGTERM_comes(string transport, string? scheduling)
    {
        const int Requests = 1000;
        using TemporaryFolder folder = new();
        using WebAppProcess app = WebAppProcess.Start(transport, ["--files", folder.Path, .. scheduling is null ? Array.Empty<string>() : ["--scheduling", scheduling]]);
        using Socket idle = app.Connect();
        idle.SendText("GET /plaintext HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.EndsWith("\r\n\r\n", idle.ReadHead(), StringComparison.Ordinal);
        Assert.Equal(13, idle.Receive(new byte[13]));

        Socket[] clients = [.. Enumerable.Range(0, Requests).Select(_ => app.Connect())];
        for (int i = 0; i < Requests; i++)
        {
            clients[i].SendText($"PUT /upload/{i} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n");
        }

        foreach (Socket client in clients)
        {
            Assert.StartsWith("HTTP/1.1 100", client.ReadHead(), StringComparison.Ordinal); // Its handler runs, and waits for the body.
        }

        app.Terminate();
        Assert.Equal(0, idle.Receive(new byte[1])); // It has heard: connections without a request are ended.
        foreach (Socket client in clients)
        {
            client.SendText("0123456789");
        }

        foreach (Socket client in clients)
        {
            Assert.StartsWith("HTTP/1.1 200", client.ReadToEnd(), StringComparison.Ordinal);
            client.Dispose();
        }

        app.WaitForCleanEnd();
        string[] stored = Directory.GetFiles(folder.Path);
        Assert.Equal(Requests, stored.Length);
        foreach (string file in stored)
        {
            Assert.Equal("0123456789", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public void A_run_tells_what_it_has_cost()
    {
        using WebAppProcess app = WebAppProcess.Start("dispatch", "--loops", "2", "--json");
        app.Terminate();
        ExampleResult result = app.WaitForCleanEnd();
        Assert.Equal(2, result.Json.GetProperty("loops").GetArrayLength());
        Assert.True(result.Json.GetProperty("cpuSeconds").GetDouble() > 0);
    }
}
