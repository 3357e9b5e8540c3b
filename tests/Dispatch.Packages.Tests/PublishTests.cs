using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Dispatch.Packages.Tests;

/// <summary>Programs that are published trimmed, and compiled ahead of time: without a warning, and they run.</summary>
public sealed class PublishTests
{
    private const string Listening = "listening on ";

    [Theory]
    [InlineData("Echo", "echo", "--port", "0")]
    [InlineData("WebApp", "http", "--port", "0")]
    public async Task It_runs_trimmed(string example, string protocol, params string[] arguments)
    {
        using TemporaryFolder published = new();
        await PublishAsync(example, published, "--self-contained", "-p:PublishTrimmed=true");

        Assert.False(File.Exists(published.PathOf("Microsoft.VisualBasic.Core.dll"))); // The framework came along, and only what is used of it.
        await SpeakAsync(published.PathOf(example), protocol, arguments);
    }

    [Theory]
    [InlineData("Echo", "echo", "--port", "0")]
    [InlineData("WebApp", "http", "--port", "0")]
    public async Task It_runs_compiled_ahead_of_time(string example, string protocol, params string[] arguments)
    {
        using TemporaryFolder published = new();
        string linker = File.Exists("/usr/bin/clang") ? "clang" : "gcc";
        await PublishAsync(example, published, "-p:PublishAot=true", "-p:CppCompilerAndLinker=" + linker);

        Assert.Empty(Directory.GetFiles(published.Root, "*.dll")); // All of it is in the program.
        await SpeakAsync(published.PathOf(example), protocol, arguments);
    }

    /// <summary>Publishes an example as its users do. What is built on the way has a place of its own: it is not what the other tests run, and it makes the next time short.</summary>
    private static Task<string> PublishAsync(string example, TemporaryFolder to, params string[] how) => DotNet.RunAsync(
        Repository.PathOf("examples", example),
        new Dictionary<string, string?>(),
        [
            "publish", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "-o", to.Root, "--artifacts-path", Repository.PublishCache,
            "-p:RunAnalyzers=false", "-p:TrimmerSingleWarn=false", "-nodeReuse:false", "-v", "q", .. how,
        ]);

    private static async Task SpeakAsync(string program, string protocol, string[] arguments)
    {
        using RunningProgram server = RunningProgram.Start(program, Path.GetTempPath(), arguments);
        string? line = await server.ReadLineAsync();
        Assert.StartsWith(Listening, line, StringComparison.Ordinal);
        string address = line![Listening.Length..];
        await (protocol == "echo" ? EchoAsync(IPEndPoint.Parse(address)) : GetAsync(new Uri(address)));
        server.Terminate();
        await server.EndAsync();
    }

    private static async Task EchoAsync(IPEndPoint endPoint)
    {
        byte[] sent = new byte[100_000];
        new Random(1).NextBytes(sent);
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(endPoint);
        using NetworkStream stream = new(client);
        Task sending = stream.WriteAsync(sent).AsTask();
        byte[] received = new byte[sent.Length];
        await stream.ReadExactlyAsync(received);
        await sending;
        Assert.Equal(sent, received);
    }

    private static async Task GetAsync(Uri address)
    {
        using HttpClient client = new() { BaseAddress = address };
        Assert.Equal("Hello, World!", await client.GetStringAsync(new Uri("/plaintext", UriKind.Relative)));
        Assert.Contains("message", await client.GetStringAsync(new Uri("/json", UriKind.Relative)), StringComparison.Ordinal);
    }
}
