using System.Globalization;

namespace Dispatch.Testing;

/// <summary>The loops of a simulated machine, made with the options that a user gives and, by the seed, with queues and buffers that are small.</summary>
internal sealed class SimulatedLoops(SimulatedKernel kernel)
{
    private const int MostFirstBuffers = 8;

    private int numbers;

    /// <summary>Gets the loops, in the order in which they were made.</summary>
    public List<SteppedLoop> Loops { get; } = [];

    /// <summary>Gets the dispatchers that are to be drained.</summary>
    public List<Dispatcher> Dispatchers { get; } = [];

    /// <summary>Gets the next loop's number.</summary>
    public int NextNumber() => numbers++;

    /// <summary>Makes a loop.</summary>
    public EventLoop Create(EventLoopOptions options)
    {
        if (!kernel.IsStepped)
        {
            throw new InvalidOperationException("This kernel's loops have threads of their own: make them with EventLoop.Attach or Dispatcher.Create and options that Apply was given.");
        }

        EventLoopOptions chosen = options.CopyFor(options.Name ?? string.Create(CultureInfo.InvariantCulture, $"loop-{numbers}"));
        if (kernel.Faults.Strikes(FaultKind.SmallQueues))
        {
            MakeSmall(chosen, kernel.Chance);
        }

        chosen.StallThreshold = null; // A simulation has one thread and a clock of its own: no turn of it is long.

        // Buffers come by the page, and a seed is soon over: it begins with few, and has more when it needs them.
        chosen.ReceiveBufferCount = Math.Min(chosen.ReceiveBufferCount, MostFirstBuffers);
        chosen.Validate();
        chosen.UnhandledException ??= OnUnhandled;
        SimulatedRing ring = new(kernel, NextNumber(), chosen);
        chosen.KernelRingFactory = () => kernel.RingDecorator is { } decorate ? decorate(ring) : ring;
        EventLoop loop = new(chosen, attached: false);
        SteppedLoop stepped = new(loop, ring);
        ring.Engine = loop.Engine;
        ring.Stepper = stepped.Stepper;
        Loops.Add(stepped);
        return loop;
    }

    /// <summary>Makes a dispatcher.</summary>
    public Dispatcher CreateDispatcher(int count, DispatcherOptions options)
    {
        EventLoop[] made = new EventLoop[count];
        for (int i = 0; i < count; i++)
        {
            made[i] = Create(options.CopyFor(string.Create(CultureInfo.InvariantCulture, $"{options.Name ?? "loop"}-{numbers}")));
        }

        Dispatcher dispatcher = Dispatcher.Of(options, made);
        Dispatchers.Add(dispatcher);
        return dispatcher;
    }

    private static void MakeSmall(EventLoopOptions options, SeededRandom chance)
    {
        options.SubmissionEntries = Math.Min(options.SubmissionEntries, 1 << chance.Below(5));
        options.CompletionEntries = Math.Min(options.CompletionEntries, options.SubmissionEntries << chance.Below(4));
        options.ReceiveBufferCount = Math.Min(options.ReceiveBufferCount, 1 << chance.Below(3));
        options.MaxReceiveBufferCount = Math.Min(options.MaxReceiveBufferCount, options.ReceiveBufferCount << chance.Below(4));
        options.ReceiveBufferSize = Math.Min(options.ReceiveBufferSize, 64 << chance.Below(6));
        options.CompletionBudget = Math.Min(options.CompletionBudget, 1 + chance.Below(16));
        options.InboxBudget = Math.Min(options.InboxBudget, 1 + chance.Below(16));
        options.ReceiveQuota = Math.Min(options.ReceiveQuota, 1 + chance.Below(8));
        options.PoolLimit = Math.Min(options.PoolLimit, chance.Below(8));
    }

    private UnhandledExceptionAction OnUnhandled(LoopFault fault)
    {
        if (!kernel.IsCrashing)
        {
            kernel.Runner.Fail(fault.Exception);
        }

        return UnhandledExceptionAction.Continue;
    }
}
