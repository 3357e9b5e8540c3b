namespace Dispatch;

/// <summary>What a connection's writer has flushed and the kernel has not taken yet, as one entry of the send queue. While it waits for its turn, later flushes join it; what is small is copied together.</summary>
internal sealed class OutputSend(LoopEngine engine) : QueuedSend(engine)
{
    private readonly MessageVector vector = new();
    private ConnectionOutput? output;
    private MemoryBlock? head;
    private MemoryBlock? tail;
    private bool isStarted;

    /// <inheritdoc/>
    protected override Opcode Call => Opcode.Sendmsg;

    /// <summary>Begins a use.</summary>
    public void Prepare(Connection connection, ConnectionOutput writer)
    {
        output = writer;
        isStarted = false;
        Begin(connection);
    }

    /// <summary>Adds blocks behind what it has. False when it is being sent already, or is another's.</summary>
    public bool TryAdd(ConnectionOutput writer, MemoryBlock first, MemoryBlock last)
    {
        if (isStarted || !ReferenceEquals(output, writer))
        {
            return false;
        }

        if (tail is { } present && first.Next is null && first.Length <= present.Room)
        {
            present.Append(first);
            Engine.Blocks.Return(first);
            return true;
        }

        if (tail is null)
        {
            head = first;
        }
        else
        {
            tail.Next = first;
        }

        tail = last;
        return true;
    }

    /// <inheritdoc/>
    public override void ReturnToPool() => Engine.OutputPool.Return(this);

    /// <inheritdoc/>
    protected override void ReturnFromAnyThread() => ReturnToPool();

    /// <inheritdoc/>
    protected override void StageRest()
    {
        if (!isStarted)
        {
            isStarted = true;
            for (MemoryBlock? block = head; block is not null; block = block.Next)
            {
                vector.Add(block.Address, block.Length);
            }
        }

        SubmissionEntry entry = default;
        entry.Fd = Connection!.OwnedDescriptor.Number;
        vector.Describe(ref entry);
        StageEntry(entry);
    }

    /// <inheritdoc/>
    protected override bool Advance(int sent)
    {
        vector.Advance(sent);
        output!.OnTaken(sent);
        return vector.Remaining <= 0;
    }

    /// <inheritdoc/>
    protected override void ReturnMemory()
    {
        vector.Clear();
        while (head is { } block)
        {
            head = block.Next;
            Engine.Blocks.Return(block);
        }

        tail = null;
    }

    /// <inheritdoc/>
    protected override void Leave(Connection from, int errno)
    {
        ConnectionOutput writer = output!;
        output = null;
        from.Sends.OnFinished(errno);
        ReturnToPool();
        writer.OnSent();
    }
}
