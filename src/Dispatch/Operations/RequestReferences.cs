using System.Buffers;
using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// What a request in flight keeps alive and in place: the handle, up to two blocks of memory, a vector of them, and what is rarer. Taken at submit, let go at the
/// terminal completion, never between.
/// </summary>
internal unsafe struct RequestReferences
{
    private object? target;
    private MemoryHandle first;
    private MemoryHandle second;
    private PinnedVector? vector;
    private HeldExtras? more;

    /// <summary>Gets a value indicating whether there is anything to release.</summary>
    public bool IsHeld { get; private set; }

    /// <summary>
    /// Takes the request's references and writes descriptor and addresses into the entry. On an exception nothing stays taken.
    /// </summary>
    public void Acquire(LoopEngine engine, in IoRequest request, ref SubmissionEntry entry)
    {
        if (entry.Opcode is Opcode.ReadFixed or Opcode.WriteFixed && MemoryMarshal.TryGetMemoryManager<byte, RegisteredBuffer>(request.First, out RegisteredBuffer? registered))
        {
            VerifyBuffer(engine, registered);
        }

        RequestExtras? extras = request.Extras;
        if (extras is not null)
        {
            VerifyUse(engine, extras);
        }

        if (ReferenceEquals(request.Target, IoRequest.TargetByTag))
        {
            engine.Raw.ResolveCancel(ref entry);
        }

        AcquireTarget(request.Target, ref entry);
        try
        {
            if (!request.First.IsEmpty)
            {
                first = request.First.Pin();
                entry.Address = (ulong)first.Pointer;
            }

            if (extras is not null)
            {
                AcquireExtras(extras, ref entry);
            }

            IsHeld = true;
        }
        catch
        {
            Release();
            throw;
        }
    }

    /// <summary>Takes the references of a system call, and writes numbers and addresses into the arguments that they belong to. On an exception nothing stays taken.</summary>
    public void AcquireForCall(LoopEngine engine, in IoRequest request, ref SubmissionEntry entry)
    {
        SubmissionEntry found = new() { Opcode = entry.Opcode };
        Acquire(engine, request, ref found);
        ref CallEntry call = ref CallEntry.Of(ref entry);
        call.Write(CallReference.Target, found.Fd);
        call.Write(CallReference.SecondTarget, found.Length);
        call.Write(CallReference.First, (long)found.Address);
        call.Write(CallReference.Second, (long)found.Address2);
    }

    /// <summary>Lets go of everything.</summary>
    public void Release()
    {
        IsHeld = false;
        ReleaseMemory();
        more?.Dispose();
        more = null;
        object? held = target;
        target = null;
        HandleReference.Release(held);
    }

    /// <summary>Lets go of the memory alone.</summary>
    public void ReleaseMemory()
    {
        first.Dispose();
        second.Dispose();
        first = default;
        second = default;
        vector?.Dispose();
        vector = null;
    }

    private static void VerifyUse(LoopEngine engine, RequestExtras extras)
    {
        extras.Credentials?.VerifyUse(engine);
        if (extras.Registered is { } registered)
        {
            VerifyBuffer(engine, registered);
        }
    }

    private static void VerifyBuffer(LoopEngine engine, RegisteredBuffer registered)
    {
        if (!ReferenceEquals(registered.Pool.Engine, engine))
        {
            throw new InvalidOperationException($"The registered buffer of this request belongs to {registered.Pool.Engine.Loop.Name}; it cannot be used on {engine.Loop.Name}.");
        }
    }

    private void AcquireExtras(RequestExtras extras, ref SubmissionEntry entry)
    {
        if (!extras.Second.IsEmpty)
        {
            second = extras.Second.Pin();
            entry.Address2 = (ulong)second.Pointer;
        }

        if (extras.Vector is { } memories)
        {
            vector = new PinnedVector(memories);
            entry.Address = vector.Address;
            entry.Length = (uint)vector.Count;
        }

        if (extras.HasRareReferences)
        {
            more = new HeldExtras(extras, ref entry);
        }
    }

    private void AcquireTarget(object? wanted, ref SubmissionEntry entry)
    {
        if (wanted is EventLoop loop)
        {
            int number = loop.Engine.Ring.MessageDescriptor;
            ObjectDisposedException.ThrowIf(number < 0, loop);
            entry.Fd = number;
        }
        else if (wanted is OwnedDescriptor or SafeHandle)
        {
            entry.Fd = HandleReference.Take(wanted);
            target = wanted;
        }
    }
}
