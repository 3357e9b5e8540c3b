using System.Buffers;
using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// What a request in flight keeps alive and in place: the handle, up to two blocks of memory, a vector of them. Taken at submit, let go at the
/// terminal completion, never between.
/// </summary>
internal unsafe struct RequestReferences
{
    private object? target;
    private object? secondTarget;
    private MemoryHandle first;
    private MemoryHandle second;
    private PinnedVector? vector;

    /// <summary>Gets a value indicating whether there is anything to release.</summary>
    public bool IsHeld { get; private set; }

    /// <summary>
    /// Takes the request's references and writes descriptor and addresses into the entry. On an exception nothing stays taken.
    /// </summary>
    public void Acquire(LoopEngine engine, in IoRequest request, ref SubmissionEntry entry)
    {
        if (entry.Opcode is Opcode.ReadFixed or Opcode.WriteFixed
            && MemoryMarshal.TryGetMemoryManager<byte, RegisteredBuffer>(request.First, out RegisteredBuffer? registered)
            && !ReferenceEquals(registered.Pool.Engine, engine))
        {
            throw new InvalidOperationException($"The registered buffer of this request belongs to {registered.Pool.Engine.Loop.Name}; it cannot be used on {engine.Loop.Name}.");
        }

        request.Credentials?.VerifyUse(engine);
        if (ReferenceEquals(request.Target, IoRequest.TargetByTag))
        {
            engine.Raw.ResolveCancel(ref entry);
        }

        target = AcquireTarget(request.Target, ref entry.Fd);
        try
        {
            if (!request.First.IsEmpty)
            {
                first = request.First.Pin();
                entry.Address = (ulong)first.Pointer;
            }

            if (!request.Second.IsEmpty)
            {
                second = request.Second.Pin();
                entry.Address2 = (ulong)second.Pointer;
            }

            if (request.Vector is { } memories)
            {
                vector = new PinnedVector(memories);
                entry.Address = vector.Address;
                entry.Length = (uint)vector.Count;
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
        try
        {
            int number = 0;
            secondTarget = AcquireTarget(request.SecondTarget, ref number);
            call.Write(CallReference.SecondTarget, number);
        }
        catch
        {
            Release();
            throw;
        }

        call.Write(CallReference.Target, found.Fd);
        call.Write(CallReference.First, (long)found.Address);
        call.Write(CallReference.Second, (long)found.Address2);
    }

    /// <summary>Lets go of everything.</summary>
    public void Release()
    {
        IsHeld = false;
        ReleaseMemory();
        ReleaseTarget(ref target);
        if (secondTarget is not null)
        {
            ReleaseTarget(ref secondTarget);
        }
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

    private static void ReleaseTarget(ref object? field)
    {
        object? held = field;
        field = null;
        if (held is OwnedDescriptor owned)
        {
            owned.ReleaseRequest();
        }
        else if (held is SafeHandle handle)
        {
            handle.DangerousRelease();
        }
    }

    private static object? AcquireTarget(object? wanted, ref int descriptor)
    {
        if (wanted is OwnedDescriptor owned)
        {
            owned.AddRequest();
            descriptor = owned.Number;
            return owned;
        }
        else if (wanted is EventLoop loop)
        {
            int number = loop.Engine.Ring.MessageDescriptor;
            ObjectDisposedException.ThrowIf(number < 0, loop);
            descriptor = number;
        }
        else if (wanted is SafeHandle handle)
        {
            bool added = false;
            handle.DangerousAddRef(ref added); // throws ObjectDisposedException when closed
            descriptor = (int)handle.DangerousGetHandle();
            return handle;
        }

        return null;
    }
}
