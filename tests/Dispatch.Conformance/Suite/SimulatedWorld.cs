using Dispatch.Testing;

namespace Dispatch.Conformance;

/// <summary>
/// A run on a simulated machine. A scenario with threads of its own runs live, in real time and without faults. One that awaits has its loops stepped by the simulation, in any interleaving; one that polls attaches its loop to the simulation's thread, and time goes on where the loop waits.
/// </summary>
internal sealed class SimulatedWorld : World
{
    private readonly SimulatedKernel kernel;
    private readonly bool isStepped;
    private readonly bool isLive;

    public SimulatedWorld(SimulatedKernel kernel, Scenario scenario)
        : base(scenario)
    {
        this.kernel = kernel;
        isLive = scenario.HasThreads;
        isStepped = scenario.Polling is null && !isLive;
        kernel.RingDecorator = ring => new FaultyRing(ring, Faults);
    }

    public override int Seed => (int)kernel.Seed;

    internal override bool IsDriven => isStepped;

    internal override KernelCalls Calls => kernel.Calls;

    public override string this[string name] => $"/{name}";

    public override int Rounds(int count) => Math.Min(count, 8);

    public override (int First, int Second) SocketPair() => kernel.CreateSocketPair();

    public override (int ReadEnd, int WriteEnd) Pipe() => kernel.CreatePipe();

    public override IReadOnlySet<string> OpenDescriptors() => kernel.Descriptors.List().Select(d => $"{d.Number}: {d.Description.Kind}").ToHashSet();

    public override void Idle()
    {
        if (isLive)
        {
            Thread.Yield();
        }
        else
        {
            Loop.Engine.Enter(1, 1_000_000);
        }
    }

    public override EventLoop Another() => kernel.CreateLoop(new EventLoopOptions { SubmissionEntries = 16, CompletionEntries = 64 });

    public override void Drive(Func<Task> part)
    {
        if (isLive)
        {
            base.Drive(part);
            return;
        }

        // A task that leaves the loop would end in the simulation's script, which is what waits here.
        Task? task = null;
        Loop.Post(() => task = part());
        Until(() => task is { IsCompleted: true });
        task!.GetAwaiter().GetResult();
    }

    internal override KernelRing CreateRing(EventLoopOptions options) => new SimulatedRing(kernel, kernel.Runner.Loops.NextNumber(), options);

    private protected override EventLoop CreateLoop(EventLoopOptions options) => isStepped ? kernel.CreateLoop(options) : base.CreateLoop(options);
}
