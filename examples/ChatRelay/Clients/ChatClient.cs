using System.Net.Sockets;
using System.Reactive.Subjects;
using System.Text;
using Dispatch.Examples.ChatRelay.Rooms;
using Dispatch.Reactive;

namespace Dispatch.Examples.ChatRelay.Clients;

/// <summary>One connection: its lines are commands, or what is said in the room that it is in. Everything runs on the connection's loop.</summary>
internal sealed class ChatClient(Connection connection, RoomDirectory rooms, ChatCounters counters, int backlogBytes) : IObserver<string>, IDisposable
{
    private const int LongestLine = 1000;
    private const int LongestName = 24;
    private const string Help = "/nick NAME, /join ROOM, /leave, /rooms, /help, /quit; anything else is said in your room.";

    private readonly Outbox outbox = new(connection, backlogBytes);
    private readonly TaskCompletionSource ended = new();
    private string? nick;
    private Room? room;
    private Subject<string>? says;
    private IDisposable? hearing;
    private bool isTooSlow;

    /// <summary>Serves the client until it goes, or the program ends.</summary>
    /// <param name="stopping">The program ends.</param>
    /// <returns>A task that ends with the client.</returns>
    public async Task RunAsync(CancellationToken stopping)
    {
        counters.CountClient();
        Tell($"Hello. {Help}");
        using (connection.Received.TextLines(LongestLine).Subscribe(this))
        using (stopping.UnsafeRegister(static s => ((ChatClient)s!).OnStopping(), this))
        {
            await ended.Task;
        }

        Dispose();
        if (isTooSlow)
        {
            connection.Abort(); // It would not read a goodbye either.
            return;
        }

        await outbox.WhenEmptyAsync();
        await SkipRestAsync(stopping);
    }

    /// <summary>Leaves the room, and gives the nick back.</summary>
    public void Dispose()
    {
        Leave();
        if (nick is { } taken)
        {
            nick = null;
            rooms.ReleaseNick(taken);
        }
    }

    /// <inheritdoc/>
    public void OnNext(string value)
    {
        if (!value.StartsWith('/'))
        {
            Say(value);
            return;
        }

        string[] words = value.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string argument = words.Length == 2 ? words[1] : string.Empty;
        switch (words[0])
        {
            case "/nick":
                TakeNick(argument);
                break;
            case "/join":
                Join(argument);
                break;
            case "/leave":
                Tell(room is null ? "You are in no room." : $"You have left {room.Name}.");
                Leave();
                break;
            case "/rooms":
                Tell(string.Join(", ", rooms.List().Select(r => $"{r.Name} ({r.Members})")) is { Length: > 0 } list ? list : "There are no rooms. /join ROOM makes one.");
                break;
            case "/help":
                Tell(Help);
                break;
            case "/quit":
                Tell("Bye.");
                ended.TrySetResult();
                break;
            default:
                Tell($"There is no {words[0]}. {Help}");
                break;
        }
    }

    /// <inheritdoc/>
    public void OnError(Exception error)
    {
        if (error is InvalidDataException)
        {
            Tell($"A line has at most {LongestLine} bytes. Bye.");
        }

        ended.TrySetResult();
    }

    /// <inheritdoc/>
    public void OnCompleted() => ended.TrySetResult();

    private static bool IsName(string name) => name.Length is >= 1 and <= LongestName && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private void OnStopping() => connection.Loop.Post(() =>
    {
        Tell("The relay ends. Bye.");
        ended.TrySetResult();
    });

    private void TakeNick(string name)
    {
        if (!IsName(name))
        {
            Tell($"A nick has 1 to {LongestName} letters, digits, - and _.");
        }
        else if (!name.Equals(nick, StringComparison.OrdinalIgnoreCase) && !rooms.TryTakeNick(name))
        {
            Tell($"{name} is somebody else. Take another nick.");
        }
        else
        {
            if (nick is { } former && !name.Equals(former, StringComparison.OrdinalIgnoreCase))
            {
                rooms.ReleaseNick(former);
                says?.OnNext($"{former} is now {name}.");
            }

            nick = name;
            Tell($"You are {name}.");
        }
    }

    private void Join(string name)
    {
        if (nick is null)
        {
            Tell("Say who you are first: /nick NAME.");
        }
        else if (!IsName(name))
        {
            Tell($"A room's name has 1 to {LongestName} letters, digits, - and _.");
        }
        else
        {
            Leave();
            room = rooms.Enter(name);
            hearing = room.HeardOn(connection.Loop).Subscribe(Post);
            says = new Subject<string>();
            room.Hear(says);
            says.OnNext($"{nick} has come."); // Behind the subscription on its way to the room: who has come hears it, too.
        }
    }

    private void Leave()
    {
        if (room is not { } left)
        {
            return;
        }

        hearing!.Dispose();
        says!.OnNext($"{nick} has gone.");
        says.OnCompleted(); // What was said before is still on its way, and heard.
        says.Dispose();
        says = null;
        room = null;
        rooms.Leave(left);
    }

    private void Say(string text)
    {
        if (says is null)
        {
            Tell("You are in no room: /join ROOM.");
        }
        else if (text.Length != 0)
        {
            counters.CountSaid();
            says.OnNext($"{nick}: {text}");
        }
    }

    private void Tell(string text) => Post(Encoding.UTF8.GetBytes($"* {text}\n"));

    private void Post(byte[] line)
    {
        if (!outbox.TryPost(line) && !isTooSlow)
        {
            isTooSlow = true;
            counters.CountTooSlow();
            ended.TrySetResult();
        }
    }

    /// <summary>A connection that is closed with unread data is reset, and a reset takes the goodbye along: so the peer's end is waited for, within reason.</summary>
    private async Task SkipRestAsync(CancellationToken stopping)
    {
        try
        {
            await connection.ShutdownAsync();
            using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            enough.CancelAfter(TimeSpan.FromSeconds(2));
            while (true)
            {
                using BufferLease rest = await connection.ReceiveAsync(enough.Token);
                if (rest.IsEmpty)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // It has gone already, or will not go: the close does the rest.
        }
    }
}
