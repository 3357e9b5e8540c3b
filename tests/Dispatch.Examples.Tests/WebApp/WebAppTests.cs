using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Dispatch.Examples.Tests;

/// <summary>The web application and clients that know what they do, on both transports.</summary>
public sealed class WebAppTests
{
    public static TheoryData<string, string, string> Ways
    {
        get
        {
            TheoryData<string, string, string> ways = [];
            foreach (string transport in new[] { "dispatch", "sockets" })
            {
                ways.Add(transport, "http", "1.1");
                ways.Add(transport, "h2c", "2.0");
                ways.Add(transport, "https", "1.1");
                ways.Add(transport, "https", "2.0");
            }

            return ways;
        }
    }

    private static byte[] Content { get; } = RandomNumberGenerator.GetBytes(10_000_000);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Every_endpoint_answers_and_10_MB_come_back_as_they_were_sent(string transport, string scheme, string version)
    {
        using TemporaryFolder folder = new();
        string[] arguments = scheme switch
        {
            "h2c" => ["--h2c"],
            "https" => ["--https", WriteCertificate(folder)],
            _ => [],
        };
        using WebAppProcess app = WebAppProcess.Start(transport, [.. arguments, "--files", folder.Path]);
        using HttpClient client = app.Client(version);

        Assert.Equal("Hello, World!", await client.GetStringAsync("plaintext", Token));
        Assert.Equal("Hello, World!", (await client.GetFromJsonAsync<JsonElement>("json", Token)).GetProperty("message").GetString());
        Assert.Equal("Healthy", await client.GetStringAsync("health", Token));
        using HttpResponseMessage stored = await client.PutAsync("upload/ten", new ByteArrayContent(Content), Token);
        Assert.Equal("""{"name":"ten","length":10000000}""", await stored.Content.ReadAsStringAsync(Token));
        Assert.Equal(Content, await File.ReadAllBytesAsync(Path.Combine(folder.Path, "ten"), Token));
        Assert.Equal(Content, await client.GetByteArrayAsync("file/ten", Token));
        using HttpResponseMessage absent = await client.GetAsync("file/absent", Token);
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
        app.Terminate();
        app.WaitForCleanEnd();
    }

    [Theory]
    [InlineData("dispatch")]
    [InlineData("sockets")]
    public async Task Uploads_of_no_known_length_are_stored_and_replace_one_another_whole(string transport)
    {
        using TemporaryFolder folder = new();
        using WebAppProcess app = WebAppProcess.Start(transport, "--files", folder.Path);
        using HttpClient client = app.Client();
        await Task.WhenAll(Enumerable.Range(1, 8).Select(async number =>
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "upload/same") { Content = new StreamContent(new MemoryStream(Content, 0, number * 100_000)) };
            request.Headers.TransferEncodingChunked = true;
            using HttpResponseMessage response = await client.SendAsync(request, Token);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }));
        byte[] last = await client.GetByteArrayAsync("file/same", Token);
        Assert.Equal(0, last.Length % 100_000);
        Assert.Equal(Content[..last.Length], last);
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Theory]
    [InlineData("dispatch", "owner")]
    [InlineData("dispatch", "threadpool")]
    [InlineData("sockets", null)]
    public async Task An_upload_that_is_reset_midway_leaves_nothing(string transport, string? scheduling)
    {
        using TemporaryFolder folder = new();
        using WebAppProcess app = WebAppProcess.Start(transport, ["--files", folder.Path, .. scheduling is null ? Array.Empty<string>() : ["--scheduling", scheduling]]);
        using SemaphoreSlim begun = new(0);
        using SemaphoreSlim gone = new(0);
        using FileSystemWatcher watcher = new(folder.Path);
        watcher.Created += (_, _) => begun.Release();
        watcher.Deleted += (_, _) => gone.Release();
        watcher.EnableRaisingEvents = true;
        for (int i = 0; i < 5; i++)
        {
            Socket rude = app.Connect();
            rude.SendText($"PUT /upload/half HTTP/1.1\r\nHost: x\r\nContent-Length: {Content.Length}\r\n\r\nfirst bytes");
            Assert.True(await begun.WaitAsync(TimeSpan.FromMinutes(1), Token));
            rude.Reset();
            Assert.True(await gone.WaitAsync(TimeSpan.FromMinutes(1), Token));
        }

        Assert.Empty(Directory.GetFiles(folder.Path));
        using HttpClient client = app.Client();
        Assert.Equal("Hello, World!", await client.GetStringAsync("plaintext", Token));
    }

    [Theory]
    [InlineData("dispatch")]
    [InlineData("sockets")]
    public async Task A_download_that_is_reset_midway_hurts_no_other(string transport)
    {
        using TemporaryFolder folder = new();
        await File.WriteAllBytesAsync(Path.Combine(folder.Path, "ten"), Content, Token);
        using WebAppProcess app = WebAppProcess.Start(transport, "--files", folder.Path);
        using HttpClient client = app.Client();
        for (int i = 0; i < 20; i++)
        {
            Socket rude = app.Connect();
            rude.SendText("GET /file/ten HTTP/1.1\r\nHost: x\r\n\r\n");
            Assert.NotEqual(0, rude.Receive(new byte[1000 * (i + 1)]));
            rude.Reset();
        }

        Assert.Equal(Content, await client.GetByteArrayAsync("file/ten", Token));
        app.Terminate();
        app.WaitForCleanEnd();
    }

    [Theory]
    [InlineData("dispatch")]
    [InlineData("sockets")]
    public void No_path_leads_out_of_the_folder(string transport)
    {
        using TemporaryFolder outer = new();
        outer.Write("secret", "not for you");
        outer.Write("files/.hidden", "not for you");
        outer.Write("files/sub/inner", "not for you");
        File.CreateSymbolicLink(Path.Combine(outer.Path, "files/link"), Path.Combine(outer.Path, "secret"));
        using WebAppProcess app = WebAppProcess.Start(transport, "--files", Path.Combine(outer.Path, "files"));
        foreach (string name in (string[])["../secret", "..%2fsecret", "..%2Fsecret", "%2e%2e/secret", "%2e%2e%2fsecret", "..\\secret", "..%5csecret", "..", ".", ".hidden", "%2ehidden", "sub", "sub/inner", "sub%2finner", "link", "a%00b", "//secret"])
        {
            foreach (string start in (string[])["GET /file/", "PUT /upload/"])
            {
                using Socket socket = app.Connect();
                socket.SendText($"{start}{name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                string answer = socket.ReadToEnd();
                if (start == "PUT /upload/" && name is "link")
                {
                    continue; // Replaced by a file of its own, and what it led to stays what it is.
                }

                Assert.StartsWith("HTTP/1.1 4", answer, StringComparison.Ordinal);
                Assert.DoesNotContain("not for you", answer, StringComparison.Ordinal);
            }
        }

        Assert.Equal("not for you", File.ReadAllText(Path.Combine(outer.Path, "secret")));
        Assert.Equal(["files", "secret"], Directory.GetFileSystemEntries(outer.Path).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("dispatch")]
    [InlineData("sockets")]
    public async Task A_WebSocket_sends_back_what_comes_and_is_closed_in_order_when_the_server_ends(string transport)
    {
        using WebAppProcess app = WebAppProcess.Start(transport);
        using ClientWebSocket socket = new();
        await socket.ConnectAsync(new UriBuilder(app.Address) { Scheme = "ws", Path = "ws" }.Uri, Token);
        Task sending = Task.Run(() => socket.SendAsync(Content.AsMemory(0, 1_000_000), WebSocketMessageType.Binary, endOfMessage: true, Token).AsTask(), Token);
        byte[] received = new byte[1_000_001];
        int count = 0;
        ValueWebSocketReceiveResult piece;
        do
        {
            piece = await socket.ReceiveAsync(received.AsMemory(count), Token);
            count += piece.Count;
        }
        while (!piece.EndOfMessage);
        await sending;
        Assert.Equal(Content[..1_000_000], received[..count]);

        app.Terminate();
        piece = await socket.ReceiveAsync(received.AsMemory(), Token);
        Assert.Equal((WebSocketMessageType.Close, WebSocketCloseStatus.EndpointUnavailable), (piece.MessageType, socket.CloseStatus));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Token);
        app.WaitForCleanEnd();
    }

    [Fact]
    public async Task Connections_that_block_leave_the_loop_and_others_are_answered_while_they_block()
    {
        using WebAppProcess app = WebAppProcess.Start("dispatch", "--loops", "1");
        using Socket blocker = app.Connect();
        List<string> places = [];
        for (int i = 0; i < 4; i++)
        {
            blocker.SendText("GET /block/30 HTTP/1.1\r\nHost: x\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200", blocker.ReadHead(), StringComparison.Ordinal);
            string[] chunk = [ReadLine(blocker), ReadLine(blocker), ReadLine(blocker), ReadLine(blocker)];
            places.Add(chunk[1]);
        }

        Assert.Equal(["dispatch-0", "dispatch-0", "dispatch-0", "pool"], places); // Three strikes.
        blocker.SendText("GET /block/60000 HTTP/1.1\r\nHost: x\r\n\r\n"); // Longer than anyone here waits.
        using HttpClient client = app.Client();
        client.Timeout = TimeSpan.FromSeconds(30);
        for (int i = 0; i < 200; i++)
        {
            Assert.Equal("Hello, World!", await client.GetStringAsync("plaintext", Token));
        }

        Assert.Equal("Healthy", await client.GetStringAsync("health", Token));
    }

    [Fact]
    public async Task Metrics_count_what_loops_do()
    {
        using WebAppProcess app = WebAppProcess.Start("dispatch", "--loops", "2");
        using HttpClient client = app.Client();
        string metrics = await client.GetStringAsync("metrics", Token);
        Assert.Matches("dispatch_loop_completions_total{[^}]*dispatch_loop_name=\"dispatch-1\"[^}]*} [0-9]", metrics);
        Assert.Contains("kestrel_active_connections", metrics, StringComparison.Ordinal);
    }

    private static string ReadLine(Socket socket)
    {
        string line = string.Empty;
        byte[] one = new byte[1];
        while (!line.EndsWith("\r\n", StringComparison.Ordinal) && socket.Receive(one) == 1)
        {
            line += (char)one[0];
        }

        return line.TrimEnd();
    }

    private static string WriteCertificate(TemporaryFolder folder)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        folder.Write(".server.pem", certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        return Path.Combine(folder.Path, ".server.pem");
    }
}
