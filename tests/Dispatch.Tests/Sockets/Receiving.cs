namespace Dispatch.Tests;

/// <summary>Ways of receiving that several tests share.</summary>
internal static class Receiving
{
    /// <summary>Receives until the peer has finished, by lease.</summary>
    public static async Task<byte[]> ToEndAsync(Connection connection)
    {
        MemoryStream all = new();
        while (true)
        {
            using BufferLease lease = await connection.ReceiveAsync();
            if (lease.IsEmpty)
            {
                return all.ToArray();
            }

            all.Write(lease.Span);
        }
    }

    /// <summary>Receives exactly this many bytes, by lease.</summary>
    public static async Task<byte[]> ExactlyAsync(Connection connection, int count)
    {
        byte[] all = new byte[count];
        int done = 0;
        while (done < count)
        {
            int got = await connection.ReceiveAsync(all.AsMemory(done));
            Assert.NotEqual(0, got);
            done += got;
        }

        return all;
    }

    /// <summary>Bytes that differ from place to place and from seed to seed.</summary>
    public static byte[] Pattern(int length, int seed = 1)
    {
        byte[] data = new byte[length];
        new Random(seed).NextBytes(data);
        return data;
    }

    /// <summary>Lets the loop make a turn with a trip into the kernel.</summary>
    public static async Task TurnAsync(EventLoop loop, int turns = 1)
    {
        for (int i = 0; i < turns; i++)
        {
            await loop.ExecuteAsync(IoRequest.Nop());
        }
    }

    /// <summary>Makes turns until something is the case. Hangs, and is ended by the guard, if it never is.</summary>
    public static async Task UntilAsync(EventLoop loop, Func<bool> holds)
    {
        while (!holds())
        {
            await TurnAsync(loop);
        }
    }
}
