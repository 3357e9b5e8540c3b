namespace Dispatch.Examples.Echo;

/// <summary>The echo as a stream a connection: for whatever takes a <see cref="Stream"/>, TLS above all.</summary>
internal static class StreamEcho
{
    /// <summary>Sends back what comes, until the peer has finished sending or the server stops.</summary>
    /// <param name="connection">The connection; it is closed when this ends.</param>
    /// <param name="stopping">Ends it between two messages.</param>
    /// <returns>A task that ends with the connection.</returns>
    public static async Task ServeAsync(Connection connection, CancellationToken stopping)
    {
        await using ConnectionStream stream = connection.AsStream();
        byte[] buffer = new byte[4096];
        int count;
        while ((count = await stream.ReadAsync(buffer, stopping)) != 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, count), CancellationToken.None);
        }
    }
}
