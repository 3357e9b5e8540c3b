using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Dispatch.Examples.Tests;

/// <summary>The chat, by real sockets.</summary>
public sealed class ChatRelayTests
{
    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("io_uring")]
    [InlineData("aio")]
    public async Task All_in_a_room_hear_the_same_in_the_same_order_and_nobody_else_does(string kernel)
    {
        using Relay relay = Relay.Start("--loops", "2", "--kernel", kernel);
        using Client alice = await relay.JoinAsync("alice", "kitchen");
        using Client bob = await relay.JoinAsync("bob", "kitchen");
        using Client carol = await relay.JoinAsync("carol", "garden");
        Assert.Equal("[kitchen] bob has come.", await alice.LineAsync());
        for (int i = 0; i < 100; i++)
        {
            await alice.SayAsync($"a{i}");
            await bob.SayAsync($"b{i}");
        }

        List<string> heard = [];
        for (int i = 0; i < 200; i++)
        {
            heard.Add(await alice.LineAsync());
            Assert.Equal(heard[^1], await bob.LineAsync());
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"[kitchen] alice: a{i}"), heard.Where(l => l.Contains("alice", StringComparison.Ordinal)));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"[kitchen] bob: b{i}"), heard.Where(l => l.Contains("bob", StringComparison.Ordinal)));
        await carol.SayAsync("/rooms");
        Assert.Equal("* garden (1), kitchen (2)", await carol.LineAsync());
        await bob.SayAsync("last words");
        await bob.SayAsync("/quit");
        Assert.Equal(["[kitchen] bob: last words", "[kitchen] bob has gone."], [await alice.LineAsync(), await alice.LineAsync()]);
        string last = await bob.LineAsync();
        Assert.Equal("* Bye.", last.StartsWith('*') ? last : await bob.LineAsync()); // He may be gone before his own last words come back to him.
        Assert.Null(await bob.LineOrEndAsync());
    }

    [Fact]
    public async Task Bad_input_is_answered_and_costs_nobody_else_anything()
    {
        using Relay relay = Relay.Start();
        using Client alice = await relay.JoinAsync("alice", "kitchen");
        using Client other = await relay.ConnectAsync();
        (string Line, string Answer)[] talk =
        [
            ("hello?", "* You are in no room: /join ROOM."),
            ("/join kitchen", "* Say who you are first: /nick NAME."),
            ("/nick", "* A nick has 1 to 24 letters, digits, - and _."),
            ("/nick a b", "* A nick has 1 to 24 letters, digits, - and _."),
            ("/nick Alice", "* Alice is somebody else. Take another nick."),
            ("/nick x", "* You are x."),
            ("/join the kitchen", "* A room's name has 1 to 24 letters, digits, - and _."),
            ("/leave", "* You are in no room."),
            ("/frobnicate", "* There is no /frobnicate. /nick NAME, /join ROOM, /leave, /rooms, /help, /quit; anything else is said in your room."),
        ];
        foreach ((string line, string answer) in talk)
        {
            await other.SayAsync(line);
            Assert.Equal(answer, await other.LineAsync());
        }

        await other.SayAsync(new string('x', 100_000));
        Assert.Equal("* A line has at most 1000 bytes. Bye.", await other.LineAsync());
        Assert.Null(await other.LineOrEndAsync());
        await alice.SayAsync("still here");
        Assert.Equal("[kitchen] alice: still here", await alice.LineAsync());
        using Client again = await relay.ConnectAsync();
        await again.SayAsync("/nick x"); // The nick of one who has gone is free.
        Assert.Equal("* You are x.", await again.LineAsync());
    }

    [Fact]
    public async Task One_who_does_not_read_is_let_go_and_holds_up_nobody()
    {
        using Relay relay = Relay.Start("--loops", "2", "--backlog", "16", "--json");
        using Client alice = await relay.JoinAsync("alice", "kitchen");
        using Client sleeper = await relay.JoinAsync("sleeper", "kitchen", receiveBuffer: 4096);
        Assert.Equal("[kitchen] sleeper has come.", await alice.LineAsync());
        string text = new('x', 900);
        for (int i = 0; ; i++)
        {
            await alice.SayAsync(text);
            string line = await alice.LineAsync();
            if (line == "[kitchen] sleeper has gone.")
            {
                break;
            }

            Assert.Equal($"[kitchen] alice: {text}", line);
            Assert.True(i < 100_000, "The sleeper was never let go.");
        }

        Assert.Equal("{\"clients\":2,", relay.End().Json.GetRawText()[..13]);
    }

    [Fact]
    public async Task A_thousand_clients_hear_each_line()
    {
        const int Count = 1000;
        using Relay relay = Relay.Start("--loops", "2");
        using Client speaker = await relay.JoinAsync("speaker", "hall");
        Client[] clients = new Client[Count];
        for (int i = 0; i < Count; i++)
        {
            clients[i] = await relay.JoinAsync(string.Create(CultureInfo.InvariantCulture, $"c{i}"), "hall");
        }

        for (int i = 0; i < 5; i++)
        {
            await speaker.SayAsync($"line {i}");
        }

        await Parallel.ForEachAsync(clients, async (client, _) =>
        {
            List<string> heard = [];
            while (heard.Count < 5)
            {
                string line = await client.LineAsync();
                if (line.Contains("speaker:", StringComparison.Ordinal))
                {
                    heard.Add(line);
                }
            }

            Assert.Equal(Enumerable.Range(0, 5).Select(i => $"[hall] speaker: line {i}"), heard);
        });
        Array.ForEach(clients, c => c.Dispose());
        ExampleResult result = relay.End();
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("ended: 1001 clients, 5 lines said, 0 clients let go", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SIGTERM_says_goodbye_and_ends_with_0()
    {
        using Relay relay = Relay.Start();
        using Client alice = await relay.JoinAsync("alice", "kitchen");
        relay.Terminate();
        Assert.Equal("* The relay ends. Bye.", await alice.LineAsync());
        Assert.Null(await alice.LineOrEndAsync());
        alice.Dispose();
        Assert.Equal(0, relay.End(terminate: false).ExitCode);
    }

    private sealed class Relay : IDisposable
    {
        private readonly ExampleProcess process;
        private readonly IPEndPoint endPoint;

        private Relay(ExampleProcess process)
        {
            this.process = process;
            endPoint = IPEndPoint.Parse(process.NextLine!["listening on ".Length..]);
        }

        public static Relay Start(params string[] arguments) => new(ExampleProcess.Start("ChatRelay", ["--port", "0", .. arguments]));

        public async Task<Client> ConnectAsync(int? receiveBuffer = null)
        {
            Client client = new(endPoint, receiveBuffer);
            Assert.StartsWith("* Hello.", await client.LineAsync(), StringComparison.Ordinal);
            return client;
        }

        public async Task<Client> JoinAsync(string nick, string room, int? receiveBuffer = null)
        {
            Client client = await ConnectAsync(receiveBuffer);
            await client.SayAsync($"/nick {nick}");
            Assert.Equal($"* You are {nick}.", await client.LineAsync());
            await client.SayAsync($"/join {room}");
            Assert.Equal($"[{room}] {nick} has come.", await client.LineAsync());
            return client;
        }

        public void Terminate() => process.Terminate();

        public ExampleResult End(bool terminate = true)
        {
            if (terminate)
            {
                process.Terminate();
            }

            return process.WaitForEnd();
        }

        public void Dispose() => process.Dispose();
    }

    private sealed class Client : IDisposable
    {
        private readonly Socket socket;
        private readonly StreamReader reader;

        public Client(IPEndPoint endPoint, int? receiveBuffer)
        {
            socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            if (receiveBuffer is { } bytes)
            {
                socket.ReceiveBufferSize = bytes;
            }

            socket.Connect(endPoint);
            reader = new StreamReader(new NetworkStream(socket), Encoding.UTF8);
        }

        public async Task SayAsync(string line) => await socket.SendAsync(Encoding.UTF8.GetBytes(line + "\n"));

        public async Task<string> LineAsync() => await LineOrEndAsync() ?? throw new EndOfStreamException("The relay has closed the connection.");

        public async Task<string?> LineOrEndAsync() => await reader.ReadLineAsync().WaitAsync(Guard);

        public void Dispose()
        {
            reader.Dispose();
            socket.Dispose();
        }
    }
}
