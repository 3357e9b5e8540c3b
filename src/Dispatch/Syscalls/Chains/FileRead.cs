using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>
/// One whole file, read by one chain in one enter: open into a slot, look whether it is a FIFO, read, read on to see that this was the end, close. What that does not settle, because the file is larger than the buffer, or tells
/// its end only to who asks again (as those of /proc do), is read anew step by step. Pooled. Owner thread only.
/// </summary>
/// <remarks>
/// The open is non-blocking, so that a FIFO without a writer does not hold up a kernel worker; the advice is the cheapest request that a FIFO refuses (ESPIPE), and says nothing to a file that is not one. Both reads are at the file's own
/// position: the second goes on where the first has stopped, wherever that was.
/// </remarks>
internal sealed class FileRead : IOwnerSource, ISlotWaiter, IValueTaskSource<int>, IValueTaskSource<FileContent>
{
    private const int OpenStep = 0;
    private const int AdviseStep = 1;
    private const int ReadStep = 2;
    private const int RestStep = 3;
    private const int CloseStep = 4;
    private const int Steps = 5;
    private const int PathBytes = 4096; // PATH_MAX, the NUL included.
    private const int RestBytes = 64;

    private readonly FileReads home;
    private readonly FileReadStep[] steps = new FileReadStep[Steps];
    private readonly int[] results = new int[Steps];

    /// <summary>Pinned: the encoded path, and behind it where the second read goes.</summary>
    private readonly byte[] block = GC.AllocateUninitializedArray<byte>(PathBytes + RestBytes, pinned: true);
    private OwnerCompletionCore core;
    private CancelLink cancel;
    private MemoryHandle pin;
    private Memory<byte> buffer;
    private byte[]? owned;
    private byte[]? encoded;
    private string path = string.Empty;
    private Exception? failure;
    private int length;
    private int left;
    private int slot;
    private bool isWaiting;
    private bool isCancelling;

    public FileRead(FileReads home)
    {
        this.home = home;
        for (int i = 0; i < Steps; i++)
        {
            steps[i] = new FileReadStep(home.Engine, this, i);
        }
    }

    /// <inheritdoc/>
    public LoopEngine Engine => home.Engine;

    /// <inheritdoc/>
    public ref OwnerCompletionCore Core => ref core;

    /// <summary>Gets the number of the use, against which a late cancel is checked.</summary>
    public uint Epoch { get; private set; }

    /// <summary>Gets the token for the ValueTask of the current use.</summary>
    public short Version => core.Version;

    /// <summary>Encodes a path as the kernel takes it: UTF-8, a NUL at the end. The number of bytes.</summary>
    public static int Encode(string path, Span<byte> bytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("The path contains a NUL character, at which the kernel would cut it off.", nameof(path));
        }

        if (!Encoding.UTF8.TryGetBytes(path, bytes[..^1], out int count))
        {
            throw new PathTooLongException($"openat on '{path}' failed: the kernel takes paths of up to {PathBytes - 1} bytes.");
        }

        bytes[count] = 0;
        return count + 1;
    }

    /// <summary>Encodes a path into pinned memory of its own.</summary>
    public static byte[] Encode(string path)
    {
        byte[] bytes = new byte[PathBytes];
        int count = Encode(path, bytes);
        byte[] pinned = GC.AllocateUninitializedArray<byte>(count, pinned: true);
        bytes.AsSpan(0, count).CopyTo(pinned);
        return pinned;
    }

    /// <summary>Begins. On an exception it is back in the pool.</summary>
    /// <param name="path">The path.</param>
    /// <param name="encoded">The same in pinned memory, or null to have it encoded here.</param>
    /// <param name="target">The caller's buffer, or null for one of the loop's.</param>
    /// <param name="token">Gives up.</param>
    public void Begin(string path, byte[]? encoded, Memory<byte>? target, CancellationToken token)
    {
        try
        {
            if (encoded is null)
            {
                Encode(path, block.AsSpan(0, PathBytes));
            }

            owned = target is null ? home.RentBuffer() : null;
            buffer = target ?? owned.AsMemory();
            pin = owned is null ? buffer.Pin() : default;
        }
        catch
        {
            home.Return(this);
            throw;
        }

        this.path = path;
        this.encoded = encoded;
        Epoch++;
        left = Steps;
        isCancelling = false;
        if (token.CanBeCanceled)
        {
            cancel.Arm(steps[0], 0, token);
        }

        TakeSlot();
    }

    /// <inheritdoc/>
    public bool TryResume(long ticket, int slot)
    {
        if (!isWaiting || ticket != Epoch)
        {
            return false;
        }

        isWaiting = false;
        Stage(slot);
        return true;
    }

    /// <inheritdoc/>
    public void FailWaiting(long ticket)
    {
        if (isWaiting && ticket == Epoch)
        {
            isWaiting = false;
            slot = -1;
            left = 0;
            Array.Fill(results, -Errno.ECANCELED);
            Settle();
        }
    }

    /// <summary>Cancels all of it; between steps, the next one.</summary>
    public void Cancel()
    {
        isCancelling = true;
        if (isWaiting)
        {
            FailWaiting(Epoch);
        }
        else
        {
            CancelCurrent();
        }
    }

    /// <summary>A step has ended.</summary>
    public void OnStep(int number, int result)
    {
        results[number] = result;
        if (--left == 0)
        {
            int taken = slot;
            slot = -1;
            Engine.Slots.Return(taken, isFilled: results[OpenStep] >= 0 && results[CloseStep] < 0);
            Settle();
        }
        else if (isCancelling)
        {
            CancelCurrent();
        }
    }

    /// <summary>Gives the steps' slots of the table back: it is left to the collector.</summary>
    public void LeaveTable()
    {
        foreach (FileReadStep step in steps)
        {
            Engine.Table.Remove(step);
        }
    }

    /// <summary>Takes slots of the table again, if it has none.</summary>
    public void EnterTable()
    {
        if (steps[0].Index < 0)
        {
            foreach (FileReadStep step in steps)
            {
                Engine.Table.Add(step);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => core.GetStatus(token, in failure);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(Engine, this, continuation, state, token, flags);

    /// <inheritdoc/>
    int IValueTaskSource<int>.GetResult(short token)
    {
        core.VerifyCompleted(token);
        int count = length;
        Recycle(failure, owned);
        return count;
    }

    /// <inheritdoc/>
    FileContent IValueTaskSource<FileContent>.GetResult(short token)
    {
        core.VerifyCompleted(token);
        FileContent? content = failure is null ? new FileContent(owned!.Length == FileReads.BufferBytes ? home : null, owned, length) : null;
        Recycle(failure, content is null ? owned : null);
        return content!;
    }

    private void TakeSlot()
    {
        if (Engine.Ring.Submissions.Capacity < Steps)
        {
            ReadStepByStep(); // A chain goes to the kernel as a whole, and this ring takes no such chain.
            return;
        }

        bool hasSlot;
        int free;
        try
        {
            hasSlot = Engine.Slots.TryRent(out free);
        }
        catch (IOException)
        {
            ReadStepByStep(); // This kernel gives no table.
            return;
        }

        if (hasSlot)
        {
            Stage(free);
        }
        else
        {
            isWaiting = true;
            Engine.Slots.Wait(this, Epoch);
        }
    }

    private unsafe void Stage(int free)
    {
        // All arrays here are pinned, and the caller's buffer is by its handle.
        slot = free;
        nint own = (nint)Unsafe.AsPointer(ref block[0]);
        nint name = encoded is null ? own : (nint)Unsafe.AsPointer(ref encoded[0]);
        nint target = owned is null ? (nint)pin.Pointer : (nint)Unsafe.AsPointer(ref owned[0]);
        Engine.Submissions.BeginChain(Steps);
        steps[OpenStep].Begin(FileReadEntries.Open(name, free));
        steps[AdviseStep].Begin(FileReadEntries.Advise(free));
        steps[ReadStep].Begin(FileReadEntries.Read(free, target, buffer.Length));
        steps[RestStep].Begin(FileReadEntries.Read(free, own + PathBytes, RestBytes));
        steps[CloseStep].Begin(FileReadEntries.Close(free));
        Engine.Submissions.EndChain();
    }

    private void CancelCurrent()
    {
        foreach (FileReadStep step in steps)
        {
            if (step.InFlight)
            {
                step.CancelStep();
                return;
            }
        }
    }

    private void Settle()
    {
        if (results[OpenStep] < 0)
        {
            End(Opcode.Openat, results[OpenStep]);
        }
        else if (results[AdviseStep] == -Errno.ESPIPE)
        {
            Complete(0, WholeFile.NotAFile(path));
        }
        else if (results[AdviseStep] < 0 && results[AdviseStep] != -Errno.ECANCELED)
        {
            ReadStepByStep(); // A kernel built without advice.
        }
        else if (results[ReadStep] < 0 || results[RestStep] < 0)
        {
            End(Opcode.Read, results[ReadStep] < 0 ? results[ReadStep] : results[RestStep]);
        }
        else if (results[RestStep] == 0)
        {
            Complete(results[ReadStep], null);
        }
        else
        {
            ReadStepByStep();
        }
    }

    private void End(Opcode opcode, int result) => Complete(0, OpcodeNames.Explain(opcode, result, path, cancel.Token));

    private void ReadStepByStep()
    {
        if (isCancelling || Engine.IsClosed)
        {
            End(Opcode.Read, -Errno.ECANCELED);
            return;
        }

        _ = FinishStepByStepAsync();
    }

    private async Task FinishStepByStepAsync()
    {
        try
        {
            WholeFile.Outcome outcome = await WholeFile.ReadAsync(Engine.Loop, path, buffer, mayGrow: owned is not null, cancel.Token);
            if (outcome.Grown is { } grown)
            {
                home.Return(owned!);
                owned = grown;
            }

            Complete(outcome.Length, null);
        }
        catch (Exception e)
        {
            Complete(0, e); // It is the awaiter's.
        }
    }

    private void Complete(int count, Exception? exception)
    {
        length = count;
        failure = exception;
        if (cancel.IsArmed)
        {
            cancel.Disarm();
        }

        pin.Dispose();
        pin = default;
        buffer = default;
        if (!core.HasContinuation)
        {
            LeaveTable(); // Perhaps nobody ever awaits it: out of the table it is garbage then.
        }

        core.SetCompleted(Engine);
    }

    private void Recycle(Exception? exception, byte[]? unused)
    {
        owned = null;
        encoded = null;
        failure = null;
        path = string.Empty;
        cancel.Clear();
        core.Reset();
        if (Engine.IsOwner)
        {
            ReturnOnOwner(unused);
        }
        else
        {
            Engine.Posted.TryPost(static (s, _) => ((FileRead)s!).ReturnOnOwner(null), this, 0);
        }

        if (exception is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(exception);
        }
    }

    private void ReturnOnOwner(byte[]? unused)
    {
        if (Engine.IsOwner)
        {
            if (unused is { Length: FileReads.BufferBytes })
            {
                home.Return(unused);
            }

            home.Return(this);
        }
    }
}
