namespace Dispatch;

/// <summary>The open connections of a server on one loop, so that a stop can break those that outstay its deadline.</summary>
internal sealed class ServerLane
{
    private readonly HashSet<Connection> connections = [];

    /// <summary>Adds one. The lock is uncontended but for a stop.</summary>
    public void Add(Connection connection)
    {
        lock (connections)
        {
            connections.Add(connection);
        }
    }

    /// <summary>Takes one out.</summary>
    public void Remove(Connection connection)
    {
        lock (connections)
        {
            connections.Remove(connection);
        }
    }

    /// <summary>Breaks those that are left. Any thread.</summary>
    public void AbortAll()
    {
        Connection[] left;
        lock (connections)
        {
            left = [.. connections];
        }

        foreach (Connection connection in left)
        {
            connection.Abort();
        }
    }
}
