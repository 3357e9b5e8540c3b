namespace Dispatch.Tests.Kernel;

/// <summary>
/// The least back end that the emulation can have: a read ends at once with a result that the entry names, a poll never, a receive brings what the test says. Time stands still unless a wait moves it.
/// </summary>
internal sealed class ImmediateRing(uint submissions, uint completions) : EmulatedRing(submissions, completions)
{
    private readonly List<EmulatedRequest> waiting = [];
    private long now = 1_000_000_000;
    private bool wakeCalled;

    /// <summary>Gets or sets how a receive that selects buffers ends: so many items, then the shortage or the end.</summary>
    public int Items { get; set; }

    /// <summary>Gets or sets how many entries an enter takes.</summary>
    public uint Limit { get; set; } = uint.MaxValue;

    /// <summary>Gets or sets a value indicating whether what waits can be cancelled.</summary>
    public bool RefusesCancels { get; set; }

    public int Waits { get; private set; }

    public int InFlight => Live;

    public override KernelDescription Description => throw new NotSupportedException();

    public override TimeProvider Clock => TimeProvider.System;

    public override int MessageDescriptor { get; }

    protected override long Now => now;

    public override bool Supports(Opcode opcode) => opcode is not (Opcode.Splice or Opcode.Tee);

    public override bool TryPrepareWakeRequest(ref SubmissionEntry entry) => false;

    public override void Wake() => wakeCalled = true;

    public void Listen(int number) => OpenMessages(number);

    /// <summary>Ends the oldest request that waits.</summary>
    public void EndOldest(int result)
    {
        EmulatedRequest request = waiting[0];
        waiting.RemoveAt(0);
        Finish(request, result);
    }

    protected override void Start(EmulatedRequest request)
    {
        if (request.Opcode == Opcode.Recv)
        {
            Receive(request);
        }
        else if (request.Opcode == Opcode.Read)
        {
            Finish(request, (int)request.Entry.Offset);
        }
        else
        {
            waiting.Add(request);
        }
    }

    protected override int TryCancel(EmulatedRequest request)
    {
        if (RefusesCancels)
        {
            return -Errno.EALREADY;
        }

        waiting.Remove(request);
        Finish(request, -Errno.ECANCELED);
        return 0;
    }

    protected override int Wait(long timeoutNanoseconds)
    {
        Waits++;
        Assert.True(timeoutNanoseconds >= 0 || wakeCalled, "It would sleep for ever.");
        now += Math.Max(0, timeoutNanoseconds);
        return 0;
    }

    protected override void Collect()
    {
        if (wakeCalled)
        {
            wakeCalled = false;
            OnWoken();
        }
    }

    protected override void CloseBackEnd(bool fromOwner)
    {
        foreach (EmulatedRequest request in waiting)
        {
            FinishLate(request, -Errno.ECANCELED);
        }

        waiting.Clear();
    }

    protected override uint SubmitLimit(uint published) => Math.Min(published, Limit);

    private void Receive(EmulatedRequest request)
    {
        while (Items > 0)
        {
            if (!TrySelectBuffer(request, out ProvidedBuffer buffer))
            {
                Finish(request, -Errno.ENOBUFS);
                return;
            }

            Items--;
            if (!Progress(request, (int)buffer.Length))
            {
                Finish(request, (int)buffer.Length);
                return;
            }
        }

        TrySelectBuffer(request, out _);
        Finish(request, 0);
    }
}
