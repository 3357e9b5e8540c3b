using System.ComponentModel;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dispatch.AspNetCore.Tests;

/// <summary>A headless Chromium with one page, driven by its DevTools protocol. Skips the test where there is none.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private const string Announcement = "DevTools listening on ";

    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(2);

    private readonly Process process;
    private readonly DirectoryInfo profile;
    private readonly ClientWebSocket socket = new();
    private readonly Dictionary<int, TaskCompletionSource<JsonNode>> calls = [];
    private readonly List<string> requested = [];
    private readonly List<string> complaints = [];
    private readonly Lock sync = new();
    private TaskCompletionSource? loaded;
    private string? session;
    private int lastCall;
    private Task reading = Task.CompletedTask;
    private Task saying = Task.CompletedTask;

    private Chromium(Process process, DirectoryInfo profile)
    {
        this.process = process;
        this.profile = profile;
    }

    /// <summary>Gets the addresses of all that the page has asked for.</summary>
    public string[] Requested
    {
        get
        {
            lock (sync)
            {
                return [.. requested];
            }
        }
    }

    /// <summary>Gets what the browser's console has complained of: errors of the script, and violations of the page's policy.</summary>
    public string[] Complaints
    {
        get
        {
            lock (sync)
            {
                return [.. complaints];
            }
        }
    }

    public static async Task<Chromium> StartAsync()
    {
        DirectoryInfo profile = Directory.CreateTempSubdirectory("dispatch-chromium-");
        Process? process = null;
        foreach (string name in (string[])["chromium", "chromium-browser", "google-chrome"])
        {
            try
            {
                process = Process.Start(new ProcessStartInfo(name, ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", $"--user-data-dir={profile.FullName}", "about:blank"]) { RedirectStandardError = true });
                break;
            }
            catch (Win32Exception)
            {
                // Not under this name.
            }
        }

        if (process is null)
        {
            profile.Delete();
            Assert.Skip("There is no Chromium: apt-get install chromium");
        }

        Chromium made = new(process!, profile);
        try
        {
            await made.ConnectAsync();
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a command for the page.</summary>
    public Task<JsonNode> SendAsync(string method, JsonObject? parameters = null) => SendAsync(method, parameters, session);

    /// <summary>Opens an address, and waits until it is loaded.</summary>
    public async Task OpenAsync(Uri address)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (sync)
        {
            loaded = done;
        }

        await SendAsync("Page.navigate", new JsonObject { ["url"] = address.ToString() });
        await done.Task.WaitAsync(Guard);
    }

    /// <summary>Runs an expression in the page.</summary>
    public async Task<JsonNode?> EvaluateAsync(string expression)
    {
        JsonNode answer = await SendAsync("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true, ["awaitPromise"] = true });
        Assert.Null(answer["exceptionDetails"]?.ToJsonString());
        return answer["result"]!["value"];
    }

    /// <summary>Waits until something is true of the page: looked at whenever it has changed.</summary>
    public Task WaitUntilAsync(string condition) => EvaluateAsync(
        $$"""
        new Promise(done => {
          const look = () => { if ({{condition}}) { observer.disconnect(); done(true); } };
          const observer = new MutationObserver(look);
          observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
          look();
        })
        """);

    /// <summary>Presses a key.</summary>
    public async Task PressAsync(string key, string text)
    {
        await SendAsync("Input.dispatchKeyEvent", new JsonObject { ["type"] = "keyDown", ["key"] = key, ["text"] = text, ["windowsVirtualKeyCode"] = key == "Enter" ? 13 : char.ToUpperInvariant(key[0]) });
        await SendAsync("Input.dispatchKeyEvent", new JsonObject { ["type"] = "keyUp", ["key"] = key });
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        await saying; // To its end: then its helpers have ended, too, and write no more to the profile.
        await reading;
        process.Dispose();
        socket.Dispose();
        profile.Delete(recursive: true);
    }

    private async Task ConnectAsync()
    {
        string? line;
        do
        {
            line = await process.StandardError.ReadLineAsync().WaitAsync(Guard);
            Assert.NotNull(line);
        }
        while (!line.StartsWith(Announcement, StringComparison.Ordinal));
        saying = process.StandardError.ReadToEndAsync(); // What else it says is of no interest, and must not fill the pipe.
        await socket.ConnectAsync(new Uri(line[Announcement.Length..]), default);
        reading = ReadAsync();
        JsonNode target = await SendAsync("Target.createTarget", new JsonObject { ["url"] = "about:blank" }, null);
        JsonNode attached = await SendAsync("Target.attachToTarget", new JsonObject { ["targetId"] = (string?)target["targetId"], ["flatten"] = true }, null);
        session = (string?)attached["sessionId"];
        foreach (string domain in (string[])["Page", "Runtime", "Log", "Network"])
        {
            await SendAsync($"{domain}.enable");
        }
    }

    private async Task<JsonNode> SendAsync(string method, JsonObject? parameters, string? to)
    {
        TaskCompletionSource<JsonNode> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        JsonObject message = new() { ["method"] = method, ["params"] = parameters ?? [] };
        lock (sync)
        {
            message["id"] = ++lastCall;
            calls[lastCall] = answer;
        }

        if (to is not null)
        {
            message["sessionId"] = to;
        }

        await socket.SendAsync(Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, default);
        return await answer.Task.WaitAsync(Guard);
    }

    private async Task ReadAsync()
    {
        using MemoryStream message = new();
        byte[] buffer = new byte[65_536];
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult piece = await socket.ReceiveAsync(buffer.AsMemory(), default);
                message.Write(buffer, 0, piece.Count);
                if (piece.EndOfMessage)
                {
                    Take(JsonNode.Parse(message.ToArray())!);
                    message.SetLength(0);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or JsonException)
        {
            // The browser has ended.
        }
    }

    private void Take(JsonNode message)
    {
        lock (sync)
        {
            if ((int?)message["id"] is { } id && calls.Remove(id, out TaskCompletionSource<JsonNode>? call))
            {
                if (message["error"] is { } error)
                {
                    call.SetException(new InvalidOperationException(error.ToJsonString()));
                }
                else
                {
                    call.SetResult(message["result"]!);
                }
            }
            else if ((string?)message["method"] is "Network.requestWillBeSent")
            {
                requested.Add((string)message["params"]!["request"]!["url"]!);
            }
            else if ((string?)message["method"] is "Page.loadEventFired")
            {
                loaded?.TrySetResult();
            }
            else if ((string?)message["method"] is "Runtime.exceptionThrown" or "Log.entryAdded")
            {
                complaints.Add(message["params"]!.ToJsonString());
            }
        }
    }
}
