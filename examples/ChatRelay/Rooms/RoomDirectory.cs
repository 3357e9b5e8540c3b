namespace Dispatch.Examples.ChatRelay.Rooms;

/// <summary>The rooms and the nicks that there are. A room is made when the first one comes and forgotten when the last one goes. Any thread: what is looked up here is looked up once a join, not once a line.</summary>
internal sealed class RoomDirectory(Dispatcher dispatcher)
{
    private readonly Lock sync = new();
    private readonly Dictionary<string, Room> rooms = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> nicks = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Enters a room.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The room; leave it once.</returns>
    public Room Enter(string name)
    {
        lock (sync)
        {
            if (!rooms.TryGetValue(name, out Room? room))
            {
                room = new Room(name, dispatcher.LoopFor(name.ToUpperInvariant()));
                rooms.Add(name, room);
            }

            room.Members++;
            return room;
        }
    }

    /// <summary>Leaves a room.</summary>
    /// <param name="room">The room.</param>
    public void Leave(Room room)
    {
        lock (sync)
        {
            if (--room.Members == 0)
            {
                rooms.Remove(room.Name);
            }
        }
    }

    /// <summary>Takes a nick, if nobody has it.</summary>
    /// <param name="nick">The nick.</param>
    /// <returns>Whether it is the caller's now.</returns>
    public bool TryTakeNick(string nick)
    {
        lock (sync)
        {
            return nicks.Add(nick);
        }
    }

    /// <summary>Gives a nick back.</summary>
    /// <param name="nick">The nick.</param>
    public void ReleaseNick(string nick)
    {
        lock (sync)
        {
            nicks.Remove(nick);
        }
    }

    /// <summary>Lists the rooms.</summary>
    /// <returns>Names and how many are in each.</returns>
    public IReadOnlyList<(string Name, int Members)> List()
    {
        lock (sync)
        {
            return [.. rooms.Values.OrderBy(r => r.Name, StringComparer.OrdinalIgnoreCase).Select(r => (r.Name, r.Members))];
        }
    }
}
