namespace Dispatch.Testing;

/// <summary>One direction of a connection: bytes that were sent, of which some have arrived. They arrive in order, each piece at its time; the end of the stream is the last piece.</summary>
internal sealed class StreamHalf(SimulatedKernel kernel, int capacity) : SimulatedEvent
{
    private readonly ByteQueue bytes = new();
    private readonly Queue<(int Bytes, long Time)> transit = new();
    private long lastArrival;

    /// <summary>Gets or sets who receives; null when nobody does any more.</summary>
    public StreamSocket? Reader { get; set; }

    /// <summary>Gets or sets who sends.</summary>
    public StreamSocket? Writer { get; set; }

    /// <summary>Gets the number of bytes that can be received.</summary>
    public int Available { get; private set; }

    /// <summary>Gets the number of bytes that were sent and not received.</summary>
    public int Unread => bytes.Count;

    /// <summary>Gets how many bytes were ever received.</summary>
    public long Received { get; private set; }

    /// <summary>Gets how many bytes can be sent.</summary>
    public int Room => capacity - bytes.Count;

    /// <summary>Gets a value indicating whether the sender has finished.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Gets a value indicating whether the end of the stream has arrived.</summary>
    public bool HasEndArrived { get; private set; }

    /// <summary>Sends bytes, of which there is room for at least one.</summary>
    public void Write(ReadOnlySpan<byte> source)
    {
        bytes.Write(source);
        Carry(source.Length);
    }

    /// <summary>Receives what has arrived, without taking it when it is only looked at.</summary>
    public int Read(Span<byte> destination, bool peek)
    {
        int length = Math.Min(destination.Length, Available);
        bytes.Peek(destination[..length]);
        if (!peek && length > 0)
        {
            bytes.Drop(length);
            Available -= length;
            Received += length;
            Writer?.Notify(PollEvents.Writable);
        }

        return length;
    }

    /// <summary>Nothing more is sent.</summary>
    public void Finish()
    {
        if (!IsFinished)
        {
            IsFinished = true;
            Carry(0);
        }
    }

    /// <summary>The connection broke: what is on its way is lost. What has arrived can still be read.</summary>
    public void Break()
    {
        kernel.Events.Remove(this);
        transit.Clear();
        IsFinished = true;
        byte[] arrived = new byte[Available];
        bytes.Peek(arrived);
        bytes.Clear();
        bytes.Write(arrived);
    }

    /// <inheritdoc/>
    public override void Fire()
    {
        while (transit.TryPeek(out (int Bytes, long Time) piece) && piece.Time <= kernel.Now)
        {
            transit.Dequeue();
            Arrive(piece.Bytes);
        }

        if (transit.Count != 0)
        {
            kernel.Events.Schedule(this, transit.Peek().Time);
        }
    }

    private void Carry(int length)
    {
        long delay = kernel.Faults.Strikes(FaultKind.SlowDelivery) ? kernel.DrawDelay() : 0;
        lastArrival = Math.Max(lastArrival, kernel.Now + delay);
        if (lastArrival <= kernel.Now && transit.Count == 0)
        {
            Arrive(length);
            return;
        }

        transit.Enqueue((length, lastArrival));
        if (!IsScheduled)
        {
            kernel.Events.Schedule(this, transit.Peek().Time);
        }
    }

    private void Arrive(int length)
    {
        Available += length;
        HasEndArrived |= length == 0;
        if (Reader is { } reader)
        {
            kernel.Trace.Add(TraceKind.Arrive, kernel.Now, tag: reader.Number, result: length);
            reader.Notify(length == 0 ? PollEvents.Readable | PollEvents.ReadHangUp | (reader.Readiness & PollEvents.HangUp) : PollEvents.Readable);
        }
    }
}
