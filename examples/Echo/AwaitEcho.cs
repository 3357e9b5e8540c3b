namespace Dispatch.Examples.Echo;

/// <summary>The echo as an async method a connection. Every await resumes on the loop that owns the connection.</summary>
internal static class AwaitEcho
{
    /// <summary>Sends back what comes, until the peer has finished sending or the server stops.</summary>
    /// <param name="connection">The connection; it is closed when this ends.</param>
    /// <param name="stopping">Ends it between two messages.</param>
    /// <returns>A task that ends with the connection.</returns>
    public static async Task ServeAsync(Connection connection, CancellationToken stopping)
    {
        while (true)
        {
            using BufferLease data = await connection.ReceiveAsync(stopping);
            if (data.IsEmpty)
            {
                return;
            }

            await connection.SendAsync(data, CancellationToken.None); // From the very buffer that it was received in, and to its end.
        }
    }
}
