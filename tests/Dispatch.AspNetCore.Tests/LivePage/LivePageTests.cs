using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dispatch.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Dispatch.AspNetCore.Tests;

/// <summary>The live page: what is served, to whom, and what its updates say.</summary>
public sealed class LivePageTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task There_is_no_page_unless_it_is_mapped()
    {
        await using TestServer server = await TestServer.StartAsync(app => app.MapGet("/", () => "x"));
        using HttpClient client = new();
        foreach (string path in (string[])["dispatch", "dispatch/events"])
        {
            using HttpResponseMessage response = await client.GetAsync(new Uri(server.Address, path), Token);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }
    }

    [Fact]
    public async Task The_page_is_one_document_that_loads_nothing_and_runs_only_what_is_in_it()
    {
        await using TestServer server = await TestServer.StartAsync(app => app.MapDispatch());
        using HttpClient client = new();
        using HttpResponseMessage response = await client.GetAsync(new Uri(server.Address, "dispatch"), Token);
        string page = await response.Content.ReadAsStringAsync(Token);
        string policy = response.Headers.GetValues("Content-Security-Policy").Single();

        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        Assert.True(response.Headers.CacheControl?.NoStore);
        Assert.StartsWith("default-src 'none';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Contains($"script-src '{HashOf(Inside(page, "script"))}'", policy, StringComparison.Ordinal);
        Assert.Contains($"style-src '{HashOf(Inside(page, "style"))}'", policy, StringComparison.Ordinal);
        Assert.DoesNotMatch("""(src|href)=["']?(http|//)|@import|url\(""", page);
        Assert.All(Regex.Matches(page, "https?://[^\"' )]*").Select(m => m.Value), address => Assert.Equal("http://www.w3.org/2000/svg", address)); // A name, not an address.
        Assert.DoesNotContain("{text}", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_scripts_the_page_tells_in_words_and_every_name_in_it_is_escaped()
    {
        await using TestServer server = await TestServer.StartAsync(app => app.MapDispatch(), build: b => b.AddDispatch("<b>&\"bold", o => o.LoopCount = 1));
        using HttpClient client = new();
        string text = Inside(await client.GetStringAsync(new Uri(server.Address, "dispatch"), Token), "noscript");
        Assert.Contains($"process {Environment.ProcessId} on ", text, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;&amp;&quot;bold-0 is ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", text, StringComparison.Ordinal);
        Assert.Contains(HtmlEncoder.Default.Encode(server.Dispatcher.Loops[0].Report.ToString()), text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Updates_begin_with_what_the_loops_were_set_up_with_and_go_on_with_what_they_do()
    {
        await using TestServer server = await TestServer.StartAsync(
            app =>
            {
                app.MapDispatch();
                app.MapGet("/", () => "x");
            },
            build: b => b.AddDispatch(o => o.LoopCount = 2));
        await using LiveEvents events = await LiveEvents.OpenAsync(server);
        Assert.Equal("text/event-stream", events.Response.Content.Headers.ContentType?.MediaType);
        JsonElement about = (await events.AboutAsync()).GetProperty("dispatchers")[0];
        Assert.Equal("dispatch", about.GetProperty("name").GetString());
        Assert.Equal(server.Dispatcher.Loops.Select(l => (l.Name, l.Report.ToString())), about.GetProperty("loops").EnumerateArray().Select(l => (l.GetProperty("name").GetString()!, l.GetProperty("report").GetString()!)));

        JsonElement first = await events.FrameAsync(_ => true);
        using HttpClient client = new(new SocketsHttpHandler { MaxConnectionsPerServer = 1 });
        for (int i = 0; i < 50; i++)
        {
            await client.GetStringAsync(server.Address, Token);
        }

        JsonElement later = await events.FrameAsync(f => Requests(f, "begun") >= Requests(first, "begun") + 50);
        Assert.Equal(Requests(first, "begun") + 50, Requests(later, "begun"));
        Assert.True(Completions(later) > Completions(first));
        Assert.Equal(2, later.GetProperty("connections").GetInt64()); // The client's, and that of the updates.
        Assert.Equal(0, Requests(later, "inFlight")); // The updates themselves are not counted.
        Assert.True(later.GetProperty("at").GetInt64() > first.GetProperty("at").GetInt64());
        foreach (JsonElement loop in Loops(later))
        {
            double[] parts = [loop.GetProperty("busy").GetDouble(), loop.GetProperty("polling").GetDouble(), loop.GetProperty("parked").GetDouble()];
            Assert.All(parts, p => Assert.InRange(p, 0, 1));
            Assert.Equal(1, parts.Sum(), 2);
        }
    }

    [Fact]
    public async Task A_request_that_waits_is_in_flight_until_it_ends_or_fails()
    {
        TaskCompletionSource release = new();
        await using TestServer server = await TestServer.StartAsync(app =>
        {
            app.MapDispatch();
            app.MapGet("/wait", async () =>
            {
                await release.Task;
                throw new InvalidOperationException("As asked for.");
            });
        });
        await using LiveEvents events = await LiveEvents.OpenAsync(server);
        await events.AboutAsync();
        using HttpClient client = new();
        Task<HttpResponseMessage>[] waiting = [.. Enumerable.Range(0, 7).Select(_ => client.GetAsync(new Uri(server.Address, "wait"), Token))];
        await events.FrameAsync(f => Requests(f, "inFlight") == 7);
        release.SetResult();
        foreach (Task<HttpResponseMessage> request in waiting)
        {
            using HttpResponseMessage response = await request;
            Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        }

        await events.FrameAsync(f => Requests(f, "inFlight") == 0);
    }

    [Fact]
    public async Task All_dispatchers_of_the_container_are_on_the_page_by_name()
    {
        await using TestServer server = await TestServer.StartAsync(app => app.MapDispatch("/ops/loops"), build: b =>
        {
            b.AddDispatch(o => o.LoopCount = 1);
            b.AddDispatch("files", o => o.LoopCount = 2);
            b.AddDispatch("batch", o => o.LoopCount = 1);
        });
        await using LiveEvents events = await LiveEvents.OpenAsync(server, "ops/loops/events");
        JsonElement.ArrayEnumerator dispatchers = (await events.AboutAsync()).GetProperty("dispatchers").EnumerateArray();
        Assert.Equal([("dispatch", 1), ("batch", 1), ("files", 2)], dispatchers.Select(d => (d.GetProperty("name").GetString()!, d.GetProperty("loops").GetArrayLength())));
        JsonElement frame = await events.FrameAsync(_ => true);
        Assert.Equal([1, 1, 2], frame.GetProperty("dispatchers").EnumerateArray().Select(d => d.GetProperty("loops").GetArrayLength()));
    }

    [Fact]
    public async Task Where_requests_spend_their_time_is_told_by_kind_when_it_is_measured()
    {
        await using TestServer server = await TestServer.StartAsync(app => app.MapDispatch(), build: b =>
        {
            b.AddDispatch(o => o.MeasureLatency = true);
            b.AddDispatch("unmeasured", o => o.LoopCount = 1);
        });
        await using LiveEvents events = await LiveEvents.OpenAsync(server);
        await events.AboutAsync();
        JsonElement frame = await events.FrameAsync(f => Kinds(f, 0).Any(k => k.GetProperty("inCallback").GetProperty("count").GetInt64() != 0));
        Assert.True(frame.GetProperty("dispatchers")[0].GetProperty("isMeasured").GetBoolean());
        foreach (JsonElement histogram in Kinds(frame, 0).SelectMany(k => new[] { k.GetProperty("queued"), k.GetProperty("inKernel"), k.GetProperty("inCallback") }))
        {
            Assert.Equal(histogram.GetProperty("count").GetInt64(), histogram.GetProperty("octaves").EnumerateArray().Sum(o => o.GetInt64()));
            Assert.True(histogram.GetProperty("p50").GetInt64() <= histogram.GetProperty("p99").GetInt64());
        }

        Assert.False(frame.GetProperty("dispatchers")[1].GetProperty("isMeasured").GetBoolean());
        Assert.Empty(Kinds(frame, 1));
    }

    [Fact]
    public async Task A_stall_is_told_while_it_lasts_and_when_it_has_ended()
    {
        using ManualResetEventSlim release = new();
        await using TestServer server = await TestServer.StartAsync(
            app =>
            {
                app.MapDispatch();
                app.MapGet("/block", () => release.Wait());
            },
            scheduling: DispatchScheduling.Owner,
            build: b => b.AddDispatch(o =>
            {
                o.LoopCount = 2;
                o.StallThreshold = TimeSpan.FromMilliseconds(20);
            }));
        using HttpClient client = new();
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri(server.Address, "warm"), Token)).StatusCode); // Connections are dealt to the loops in turn: this one's is not that of the updates.
        await using LiveEvents events = await LiveEvents.OpenAsync(server);
        await events.AboutAsync();
        Task<HttpResponseMessage> blocking = client.GetAsync(new Uri(server.Address, "block"), Token);
        try
        {
            await events.FrameAsync(f => Stalls(f).Any(s => !s.GetProperty("hasEnded").GetBoolean() && s.GetProperty("details").ValueKind == JsonValueKind.String));
        }
        finally
        {
            release.Set(); // Or the loop, and with it the server, would not end.
        }

        using HttpResponseMessage response = await blocking;
        JsonElement frame = await events.FrameAsync(f => Stalls(f).Any() && Stalls(f).All(s => s.GetProperty("hasEnded").GetBoolean()));
        Assert.True(frame.GetProperty("dispatchers")[0].GetProperty("isWatched").GetBoolean());
        Assert.NotEqual(0, Loops(frame).Sum(l => l.GetProperty("counters").GetProperty("stalls").GetInt64()));
        Assert.All(Stalls(frame), s => Assert.InRange(s.GetProperty("milliseconds").GetDouble(), 20, double.MaxValue));
    }

    [Fact]
    public async Task Updates_end_when_the_application_stops_and_do_not_hold_it()
    {
        await using TestServer server = await TestServer.StartAsync(app => app.MapDispatch());
        await using LiveEvents events = await LiveEvents.OpenAsync(server);
        await events.AboutAsync();
        await events.FrameAsync(_ => true);
        Task stopping = server.StopAsync();
        while (await events.NextAsync() is not null)
        {
            // Frames that were on their way. The end comes in order: had the host waited for its timeout, this would throw.
        }

        await stopping;
    }

    [Fact]
    public async Task One_who_goes_does_not_end_the_updates_of_others_and_the_last_one_may_come_back()
    {
        await using TestServer server = await TestServer.StartAsync(app => app.MapDispatch());
        await using LiveEvents stays = await LiveEvents.OpenAsync(server);
        await stays.AboutAsync();
        for (int i = 0; i < 5; i++)
        {
            await using LiveEvents goes = await LiveEvents.OpenAsync(server);
            await goes.AboutAsync();
            await goes.FrameAsync(_ => true);
        }

        await stays.FrameAsync(f => f.GetProperty("connections").GetInt64() == 1);
        await stays.DisposeAsync();
        await using LiveEvents back = await LiveEvents.OpenAsync(server);
        await back.AboutAsync();
        await back.FrameAsync(_ => true);
    }

    [Fact]
    public async Task Authorization_covers_the_page_and_its_updates()
    {
        await using TestServer server = await TestServer.StartAsync(app => app.MapDispatch().RequireAuthorization(), build: b =>
        {
            b.Services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, HeaderAuthentication>("test", null);
            b.Services.AddAuthorization();
        });
        foreach (string path in (string[])["dispatch", "dispatch/", "dispatch/events"])
        {
            using HttpClient client = new();
            using HttpResponseMessage refused = await client.GetAsync(new Uri(server.Address, path), HttpCompletionOption.ResponseHeadersRead, Token);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            client.DefaultRequestHeaders.Add("X-User", "operator");
            using HttpResponseMessage served = await client.GetAsync(new Uri(server.Address, path), HttpCompletionOption.ResponseHeadersRead, Token);
            Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        }
    }

    [Fact]
    public async Task An_application_without_loops_has_a_page_that_says_so()
    {
        await using TestServer server = await TestServer.StartAsync(app => app.MapDispatch(), useDispatch: false);
        await using LiveEvents events = await LiveEvents.OpenAsync(server);
        Assert.Equal(0, (await events.AboutAsync()).GetProperty("dispatchers").GetArrayLength());
        JsonElement frame = await events.FrameAsync(_ => true);
        Assert.Equal(JsonValueKind.Null, frame.GetProperty("requests").ValueKind);
        Assert.Equal(1, frame.GetProperty("connections").GetInt64());
        using HttpClient client = new();
        Assert.Contains("There are no loops in this application.", await client.GetStringAsync(new Uri(server.Address, "dispatch"), Token), StringComparison.Ordinal);
    }

    private static long Requests(JsonElement frame, string name) => frame.GetProperty("requests").GetProperty(name).GetInt64();

    private static IEnumerable<JsonElement> Loops(JsonElement frame) => frame.GetProperty("dispatchers").EnumerateArray().SelectMany(d => d.GetProperty("loops").EnumerateArray());

    private static long Completions(JsonElement frame) => Loops(frame).Sum(l => l.GetProperty("counters").GetProperty("completions").GetInt64());

    private static JsonElement.ArrayEnumerator Kinds(JsonElement frame, int dispatcher) => frame.GetProperty("dispatchers")[dispatcher].GetProperty("latency").EnumerateArray();

    private static JsonElement.ArrayEnumerator Stalls(JsonElement frame) => frame.GetProperty("dispatchers")[0].GetProperty("stalls").EnumerateArray();

    private static string Inside(string page, string tag) => Regex.Match(page, $"<{tag}>(.*?)</{tag}>", RegexOptions.Singleline).Groups[1].Value;

    private static string HashOf(string inline) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(inline)))}";

    private sealed class HeaderAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(
            Request.Headers["X-User"] is [{ } user]
                ? AuthenticateResult.Success(new AuthenticationTicket(new System.Security.Claims.ClaimsPrincipal(new System.Security.Claims.ClaimsIdentity([new("name", user)], "test")), "test"))
                : AuthenticateResult.NoResult());
    }
}
