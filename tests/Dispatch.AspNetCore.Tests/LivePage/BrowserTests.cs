using System.Diagnostics;
using System.Text.Json.Nodes;
using Dispatch.Hosting;

namespace Dispatch.AspNetCore.Tests;

/// <summary>The live page as people see it, in Chromium.</summary>
public sealed class BrowserTests
{
    private const string IsLive = "document.getElementById('link').dataset.state === 'live'";

    [Fact]
    public async Task The_page_draws_every_loop_and_asks_nobody_else_and_breaks_no_policy()
    {
        await using TestServer server = await StartAsync();
        await using Chromium browser = await Chromium.StartAsync();
        await browser.OpenAsync(new Uri(server.Address, "dispatch"));
        await browser.WaitUntilAsync($"{IsLive} && [...document.querySelectorAll('#gauges dd')].every(d => d.textContent !== '')");
        await browser.WaitUntilAsync("document.querySelectorAll('tr.loop').length === 3 && [...document.querySelectorAll('tr.loop')].every(r => r.children[3].textContent !== '–')");
        Assert.Equal("dispatch-0 dispatch-1 <img src=x>-0", (string?)await browser.EvaluateAsync("[...document.querySelectorAll('.name')].map(n => n.textContent).join(' ')"));
        await browser.WaitUntilAsync("document.querySelector('.latency .bar').getAttribute('d') !== ''");
        using (CancellationTokenSource drawn = new())
        {
            // An idle loop's share of the time is too small to be drawn, once all code is compiled.
            Task working = WorkAsync(server.Dispatcher.Loops[0], drawn.Token);
            await browser.WaitUntilAsync("[...document.querySelectorAll('svg.lane path.busy')].some(p => p.getAttribute('d') !== '')");
            await drawn.CancelAsync();
            await working;
        }

        Assert.Equal(0, (int?)await browser.EvaluateAsync("document.querySelectorAll('img').length"));
        Assert.All(browser.Requested, address => Assert.True(address.StartsWith(server.Address.ToString(), StringComparison.Ordinal) || address.StartsWith("data:", StringComparison.Ordinal) || address == "about:blank", address));
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task It_is_used_by_keyboard()
    {
        await using TestServer server = await StartAsync();
        await using Chromium browser = await Chromium.StartAsync();
        await browser.OpenAsync(new Uri(server.Address, "dispatch"));
        await browser.WaitUntilAsync($"document.querySelectorAll('tr.loop').length === 3 && {IsLive}");

        await browser.PressAsync("j", "j");
        await browser.PressAsync("j", "j");
        Assert.Equal("dispatch-1", (string?)await browser.EvaluateAsync("document.activeElement.textContent"));
        await browser.PressAsync("Enter", "\r");
        await browser.WaitUntilAsync("document.activeElement.getAttribute('aria-expanded') === 'true'");
        Assert.True((bool?)await browser.EvaluateAsync("document.getElementById(document.activeElement.getAttribute('aria-controls')).checkVisibility()"));
        Assert.Contains(server.Dispatcher.Loops[1].Report.Flags[0], (string?)await browser.EvaluateAsync("document.querySelector('tr.about:not([hidden])').innerText"), StringComparison.Ordinal);

        await browser.PressAsync("p", "p");
        Assert.Equal("true paused", (string?)await browser.EvaluateAsync("`${document.getElementById('pause').getAttribute('aria-pressed')} ${document.getElementById('link').dataset.state}`"));
        await browser.PressAsync("p", "p");
        await browser.WaitUntilAsync(IsLive);
    }

    [Theory]
    [InlineData(360)]
    [InlineData(800)]
    [InlineData(1600)]
    public async Task It_fits_every_width_and_both_colour_schemes(int width)
    {
        await using TestServer server = await StartAsync();
        await using Chromium browser = await Chromium.StartAsync();
        await browser.SendAsync("Emulation.setDeviceMetricsOverride", new JsonObject { ["width"] = width, ["height"] = 900, ["deviceScaleFactor"] = 1, ["mobile"] = false });
        List<string> grounds = [];
        foreach (string scheme in (string[])["light", "dark"])
        {
            await browser.SendAsync("Emulation.setEmulatedMedia", new JsonObject { ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = scheme }) });
            await browser.OpenAsync(new Uri(server.Address, "dispatch"));
            await browser.WaitUntilAsync($"document.querySelectorAll('tr.loop').length === 3 && {IsLive}");
            await browser.EvaluateAsync("document.querySelectorAll('.name').forEach(n => n.click())");
            Assert.Equal(0, (int?)await browser.EvaluateAsync("document.documentElement.scrollWidth - document.documentElement.clientWidth")); // Nothing sticks out.
            grounds.Add((string)(await browser.EvaluateAsync("getComputedStyle(document.body).backgroundColor"))!);
        }

        Assert.Equal(2, grounds.Distinct().Count());
    }

    [Fact]
    public async Task Without_scripts_it_is_text_and_when_the_server_ends_it_says_so()
    {
        await using TestServer server = await StartAsync();
        await using Chromium browser = await Chromium.StartAsync();
        await browser.SendAsync("Emulation.setScriptExecutionDisabled", new JsonObject { ["value"] = true });
        await browser.OpenAsync(new Uri(server.Address, "dispatch"));
        JsonNode document = await browser.SendAsync("DOM.getDocument");
        JsonNode found = await browser.SendAsync("DOM.querySelector", new JsonObject { ["nodeId"] = (int)document["root"]!["nodeId"]!, ["selector"] = "noscript pre" });
        JsonNode box = await browser.SendAsync("DOM.getBoxModel", new JsonObject { ["nodeId"] = (int)found["nodeId"]! }); // Which only what is shown has.
        Assert.True((int?)box["model"]!["height"] > 100);

        await browser.SendAsync("Emulation.setScriptExecutionDisabled", new JsonObject { ["value"] = false });
        await browser.OpenAsync(new Uri(server.Address, "dispatch"));
        await browser.WaitUntilAsync(IsLive);
        await server.StopAsync();
        await browser.WaitUntilAsync("document.getElementById('link').dataset.state === 'lost'");
    }

    private static async Task WorkAsync(EventLoop loop, CancellationToken token)
    {
        while (!token.IsCancellationRequested)
        {
            await loop.InvokeAsync(() =>
            {
                long begun = Stopwatch.GetTimestamp();
                while (Stopwatch.GetElapsedTime(begun).TotalMilliseconds < 20)
                {
                    // Computes.
                }

                return Task.CompletedTask;
            });
            await Task.Delay(20, CancellationToken.None);
        }
    }

    private static Task<TestServer> StartAsync() => TestServer.StartAsync(app => app.MapDispatch(), build: b =>
    {
        b.AddDispatch(o =>
        {
            o.LoopCount = 2;
            o.MeasureLatency = true;
        });
        b.AddDispatch("<img src=x>", o => o.LoopCount = 1);
    });
}
