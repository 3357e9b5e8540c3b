using System.Text.Json;

namespace Dispatch.AspNetCore.Tests;

/// <summary>The page's updates, as a browser gets them.</summary>
internal sealed class LiveEvents : IAsyncDisposable
{
    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(1);

    private readonly HttpClient client;
    private readonly HttpResponseMessage response;
    private readonly StreamReader reader;

    private LiveEvents(HttpClient client, HttpResponseMessage response, StreamReader reader)
    {
        this.client = client;
        this.response = response;
        this.reader = reader;
    }

    public HttpResponseMessage Response => response;

    public static async Task<LiveEvents> OpenAsync(TestServer server, string path = "dispatch/events")
    {
        HttpClient client = new();
        HttpResponseMessage response = await client.GetAsync(new Uri(server.Address, path), HttpCompletionOption.ResponseHeadersRead);
        return new LiveEvents(client, response, new StreamReader(await response.Content.ReadAsStreamAsync()));
    }

    /// <summary>Reads the next event; null when there are no more, because the server has ended them in order.</summary>
    public async Task<(string Name, JsonElement Data)?> NextAsync()
    {
        string? name = await LineAsync();
        if (name is null)
        {
            return null;
        }

        string? data = await LineAsync();
        Assert.Equal(string.Empty, await LineAsync());
        Assert.StartsWith("event: ", name, StringComparison.Ordinal);
        Assert.StartsWith("data: ", data, StringComparison.Ordinal);
        return (name["event: ".Length..], JsonDocument.Parse(data!["data: ".Length..]).RootElement);
    }

    /// <summary>Reads what comes first.</summary>
    public async Task<JsonElement> AboutAsync()
    {
        (string Name, JsonElement Data)? first = await NextAsync();
        Assert.Equal("about", first?.Name);
        return first!.Value.Data;
    }

    /// <summary>Reads frames until one is as it should be.</summary>
    public async Task<JsonElement> FrameAsync(Func<JsonElement, bool> isIt)
    {
        while (true)
        {
            (string Name, JsonElement Data)? next = await NextAsync();
            Assert.Equal("frame", next?.Name);
            if (isIt(next!.Value.Data))
            {
                return next.Value.Data;
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        reader.Dispose();
        response.Dispose();
        client.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task<string?> LineAsync() => reader.ReadLineAsync().WaitAsync(Guard);
}
