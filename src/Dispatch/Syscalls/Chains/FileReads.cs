namespace Dispatch;

/// <summary>The reads of whole files of one loop: idle ones, and their buffers. Owner thread only, but for <see cref="ReturnFromAnyThread(byte[])"/>.</summary>
internal sealed class FileReads(LoopEngine engine)
{
    /// <summary>Bytes of a buffer: files up to this size are read in one round trip.</summary>
    public const int BufferBytes = 16 * 1024;

    private const int MostIdle = 1024;

    private readonly Stack<FileRead> idle = new();
    private readonly Stack<byte[]> buffers = new();

    /// <summary>Gets the loop.</summary>
    public LoopEngine Engine => engine;

    /// <summary>Takes an idle one, or makes one.</summary>
    public FileRead Rent() => idle.TryPop(out FileRead? read) ? read : new FileRead(this);

    /// <summary>Takes one back.</summary>
    public void Return(FileRead read)
    {
        if (idle.Count >= MostIdle)
        {
            read.LeaveTable();
        }
        else
        {
            read.EnterTable();
            idle.Push(read);
        }
    }

    /// <summary>Takes a pinned buffer.</summary>
    public byte[] RentBuffer() => buffers.TryPop(out byte[]? buffer) ? buffer : GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);

    /// <summary>Takes a buffer back. Owner only.</summary>
    public void Return(byte[] buffer)
    {
        if (buffers.Count < MostIdle)
        {
            buffers.Push(buffer);
        }
    }

    /// <summary>Takes a buffer back; on another thread it travels home, or is left to the collector.</summary>
    public void ReturnFromAnyThread(byte[] buffer)
    {
        if (engine.IsOwner)
        {
            Return(buffer);
        }
        else
        {
            engine.Posted.TryPost(static (s, _) => ((FileReads)((object[])s!)[0]).ReturnOnOwner((byte[])((object[])s)[1]), new object[] { this, buffer }, 0);
        }
    }

    private void ReturnOnOwner(byte[] buffer)
    {
        if (engine.IsOwner)
        {
            Return(buffer); // Else the loop did not live to read the message.
        }
    }
}
