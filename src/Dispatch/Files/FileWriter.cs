namespace Dispatch;

/// <summary>Writes that go on after a short one, and the calls that older rings lack.</summary>
internal static class FileWriter
{
    public static async ValueTask WriteAllAsync(DispatchFile file, ReadOnlyMemory<byte> data, long offset, ReadWriteFlags flags, CancellationToken token)
    {
        while (!data.IsEmpty)
        {
            int written = await file.Loop.ExecuteAsync(IoRequest.Write(file, data, offset, flags), token);
            VerifyProgress(file, written);
            data = data[written..];
            offset += written;
        }
    }

    public static async ValueTask WriteAllAsync(DispatchFile file, IReadOnlyList<ReadOnlyMemory<byte>> pieces, long offset, CancellationToken token)
    {
        const int Batch = Libc.IOV_MAX;
        List<ReadOnlyMemory<byte>> rest = [.. pieces.Where(p => !p.IsEmpty)];
        while (rest.Count != 0)
        {
            IReadOnlyList<ReadOnlyMemory<byte>> batch = rest.Count <= Batch ? rest : rest.GetRange(0, Batch);
            int written = await file.Loop.ExecuteAsync(IoRequest.WriteVector(file, batch, offset), token);
            VerifyProgress(file, written);
            offset += written;
            int done = 0;
            while (done < rest.Count && written >= rest[done].Length)
            {
                written -= rest[done++].Length;
            }

            rest.RemoveRange(0, done);
            if (written > 0)
            {
                rest[0] = rest[0][written..];
            }
        }
    }

    public static async ValueTask SetLengthOnWorkerAsync(DispatchFile file, long length, CancellationToken token)
    {
        if (!file.Engine.IsOwner)
        {
            await file.Loop.InvokeAsync(() => SetLengthOnWorkerAsync(file, length, token).AsTask()).ConfigureAwait(false);
            return;
        }

        file.OwnedDescriptor.AddUse(); // The count is the owner's.
        try
        {
            int number = file.OwnedDescriptor.Number;
            KernelCalls calls = file.Engine.Ring.Calls;
            int result = await file.Loop.OffloadAsync(() => calls.SetLength(number, length), token);
            if (result < 0)
            {
                throw ErrorMap.ForFile("ftruncate", result, file.Path, token);
            }
        }
        finally
        {
            file.OwnedDescriptor.ReleaseUse();
        }
    }

    private static void VerifyProgress(DispatchFile file, int written)
    {
        if (written == 0)
        {
            throw new IOException($"pwrite on '{file.Path}' wrote nothing and reported no error.");
        }
    }
}
