namespace Dispatch.Examples.SimulatedServer;

/// <summary>The code under test, written against Dispatch alone: a server that answers each line with the same line in upper case.</summary>
internal static class UpperCaseServer
{
    private const int LongestLine = 256;

    /// <summary>Serves one connection.</summary>
    public static async Task HandleAsync(Connection connection, CancellationToken token)
    {
        byte[] line = new byte[LongestLine];
        int length = 0;
        while (true)
        {
            int received = await connection.ReceiveAsync(line.AsMemory(length), token);
            if (received == 0)
            {
                return;
            }

            length += received;
            int end;
            while ((end = line.AsSpan(0, length).IndexOf((byte)'\n')) >= 0)
            {
                byte[] answer = Upper(line.AsSpan(0, end + 1));
                await connection.SendAsync(answer, token);
                line.AsSpan(end + 1, length - end - 1).CopyTo(line);
                length -= end + 1;
            }
        }
    }

    /// <summary>
    /// The same with a bug: the answer is made in one buffer of the connection, and the send is not awaited. The next answer is written into it while the kernel may still be reading the one before. With one
    /// line at a time nobody sees it.
    /// </summary>
    public static async Task HandleWithBugAsync(Connection connection, CancellationToken token)
    {
        byte[] line = new byte[LongestLine];
        byte[] answer = new byte[LongestLine];
        int length = 0;
        ValueTask sending = default;
        while (true)
        {
            int received = await connection.ReceiveAsync(line.AsMemory(length), token);
            if (received == 0)
            {
                await sending;
                return;
            }

            length += received;
            int end;
            while ((end = line.AsSpan(0, length).IndexOf((byte)'\n')) >= 0)
            {
                Upper(line.AsSpan(0, end + 1)).CopyTo(answer, 0); // Too early.
                await sending;
                sending = connection.SendAsync(answer.AsMemory(0, end + 1), token);
                line.AsSpan(end + 1, length - end - 1).CopyTo(line);
                length -= end + 1;
            }
        }
    }

    private static byte[] Upper(ReadOnlySpan<byte> line)
    {
        byte[] upper = line.ToArray();
        foreach (ref byte b in upper.AsSpan())
        {
            b = b is >= (byte)'a' and <= (byte)'z' ? (byte)(b - 32) : b;
        }

        return upper;
    }
}
