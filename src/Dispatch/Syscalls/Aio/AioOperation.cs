using System.Runtime.InteropServices;
using static Dispatch.AioAbi;

namespace Dispatch;

/// <summary>
/// One request of an <see cref="AioContext"/> in flight. It keeps what the kernel would have taken from the user's memory at the submit (the vector), so that the user may reuse that at once. Owner thread only.
/// </summary>
internal sealed unsafe class AioOperation(LoopEngine engine, AioContext context) : Operation(engine)
{
    private ulong data;
    private ulong block;
    private int eventDescriptor = -1;
    private Piece* pieces;

    /// <summary>Finalizes an instance of the <see cref="AioOperation"/> class. The vector is nobody's else, and a request in flight keeps this object in the loop's table.</summary>
    ~AioOperation() => NativeMemory.Free(pieces);

    /// <summary>Gets the address of the control block, by which a cancel names the request.</summary>
    public ulong Block => block;

    /// <summary>Gets or sets the neighbour that was submitted before it, among the polls of the context.</summary>
    public AioOperation? Before { get; set; }

    /// <summary>Gets or sets the neighbour that was submitted after it.</summary>
    public AioOperation? After { get; set; }

    /// <summary>Stages what the check has made of a control block.</summary>
    public void Begin(in AioPrepared prepared)
    {
        SubmissionEntry entry = prepared.Entry;
        data = prepared.Data;
        block = prepared.Block;
        eventDescriptor = prepared.EventDescriptor;
        if (prepared.Pieces is { } vector)
        {
            NativeMemory.Free(pieces); // What the last tenant left.
            pieces = (Piece*)NativeMemory.Alloc((nuint)Math.Max(1, vector.Length) * (nuint)sizeof(Piece));
            vector.CopyTo(new Span<Piece>(pieces, vector.Length));
            entry.Address = (ulong)pieces;
        }

        StartEntry(entry);
    }

    /// <inheritdoc/>
    public override void ReturnToPool() => context.Pool.Return(this);

    /// <inheritdoc/>
    protected override void OnCompletion(in CompletionEntry entry, bool terminal)
    {
        if (!terminal)
        {
            return;
        }

        long result = entry.Result;
        if (Opcode == Opcode.PollAdd)
        {
            context.Forget(this);
            result = result == -Errno.ECANCELED ? 0 : result; // The kernel's own interface reports a cancelled poll as one that saw nothing.
        }

        AioEvent ended = new(data, block, result, 0);
        int notified = eventDescriptor;
        eventDescriptor = -1;
        context.Pool.Return(this); // Before anybody is told: whoever is may submit the next.
        context.OnEnded(ended);
        if (notified >= 0)
        {
            ulong one = 1;
            _ = SystemCall.Run(SystemCall.WritePlain, notified, (long)&one, sizeof(ulong));
            _ = SystemCall.Run(SystemCall.CloseDescriptor, notified);
        }
    }
}
