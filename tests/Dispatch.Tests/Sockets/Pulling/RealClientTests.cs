using System.Diagnostics;
using System.Net;
using System.Net.Security;

namespace Dispatch.Tests;

/// <summary>Programs that others wrote, as clients.</summary>
public sealed class RealClientTests
{
    [Fact]
    public async Task Socat_gets_every_byte_back_from_a_pipe()
    {
        string socat = Program("socat", "socat");
        byte[] data = new byte[3_000_000];
        new Random(1).NextBytes(data);
        await LoopHost.Around(
            async host =>
            {
                await using Server server = host.Dispatcher.Serve(Pairs.Loopback, async (connection, token) =>
                {
                    await connection.Input.CopyToAsync(connection.Output, token);
                    await connection.Output.CompleteAsync();
                });
                byte[] got = await ThroughAsync(socat, $"-t 60 - TCP:127.0.0.1:{((IPEndPoint)server.LocalEndPoint).Port}", data, data.Length);
                Assert.True(data.AsSpan().SequenceEqual(got));
            },
            loops: 2);
    }

    [Fact]
    public async Task OpenSsl_talks_to_a_stream_under_TLS()
    {
        string openssl = Program("openssl", "openssl");
        byte[] data = [.. Enumerable.Range(0, 100_000).Select(i => (byte)('a' + (i % 23)))]; // Letters: the client takes some line starts for commands.
        using var certificate = Certificates.SelfSigned();
        await LoopHost.Around(
            async host =>
            {
                await using Server server = host.Dispatcher.Serve(Pairs.Loopback, async (connection, token) =>
                {
                    await using SslStream tls = new(connection.AsStream());
                    await tls.AuthenticateAsServerAsync(certificate);
                    byte[] buffer = new byte[8192];
                    for (int count; (count = await tls.ReadAsync(buffer, token)) != 0;)
                    {
                        await tls.WriteAsync(buffer.AsMemory(0, count), token);
                    }
                });
                byte[] got = await ThroughAsync(openssl, $"s_client -quiet -connect 127.0.0.1:{((IPEndPoint)server.LocalEndPoint).Port}", data, data.Length);
                Assert.True(data.AsSpan().SequenceEqual(got));
            },
            loops: 1);
    }

    private static string Program(string name, string package)
    {
        string? path = Environment.GetEnvironmentVariable("PATH")?.Split(':').Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(path is null, $"{name} is not installed here (Debian: apt-get install {package}).");
        return path!;
    }

    private static async Task<byte[]> ThroughAsync(string program, string arguments, byte[] data, int expected)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        try
        {
            byte[] got = new byte[expected];
            Task reading = process.StandardOutput.BaseStream.ReadExactlyAsync(got).AsTask();
            await process.StandardInput.BaseStream.WriteAsync(data);
            await process.StandardInput.BaseStream.FlushAsync();
            await reading.WaitAsync(LoopHost.Limit);
            process.StandardInput.Close();
            return got;
        }
        catch (Exception e) when (e is TimeoutException or EndOfStreamException or IOException)
        {
            process.Kill();
            Assert.Fail($"{program} {arguments}: {e.Message}\n{await errors}");
            throw;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
