using System.Runtime.ExceptionServices;
using Dispatch.Testing;

namespace Dispatch.Conformance;

/// <summary>The simulated kernel: every scenario runs on many seeds, each with faults of its own. What fails is told with its seed and its last events.</summary>
internal sealed class SimulatedUnderTest : KernelUnderTest
{
    private static readonly Dictionary<Capability, string> Lacks = new()
    {
        [Capability.Processes] = "there are no processes, and so nothing to confine, to fork or to end.",
        [Capability.BadPointers] = "it works in the memory of the test's process, where a bad pointer is a crash.",
        [Capability.AnyCall] = "it has no world for them and answers ENOSYS: it makes getrandom, nanosleep, clock_nanosleep, sched_yield, sync, getpid, gettid and getppid.",
        [Capability.ExtendedAttributes] = "its files have no extended attributes.",
        [Capability.Splicing] = "it moves data through user space only.",
        [Capability.MultishotReads] = "only its sockets bring several completions a request.",
        [Capability.GuardedOpens] = "its paths know no such limits.",
        [Capability.VectorsInRegisteredBuffers] = "it has reads and writes of one piece for those.",
        [Capability.ControlData] = "its messages carry data and addresses, and nothing beside them.",
        [Capability.ZeroCopy] = "it copies, and has no second completion for what it kept.",
        [Capability.SocketCommands] = "its sockets are asked by calls only.",
        [Capability.EpollSets] = "it has no epoll.",
        [Capability.FutexVectors] = "it waits on one futex a request.",
        [Capability.DirectDescriptors] = "it has no table of files but the process's.",
        [Capability.ProvidedByRequests] = "its receives take buffers from the loop's ring only.",
        [Capability.Watching] = "its files are watched by nobody: it has no inotify.",
    };

    public static SimulatedUnderTest Instance { get; } = new();

    public override string Name => "Simulated";

    public override string? WhyNot(Capability capability) => Lacks.GetValueOrDefault(capability);

    public override void Run(Scenario scenario)
    {
        SeedPlan plan = SeedPlan.Current;
        int count = scenario.SeedsAtMost == 0 ? plan.Count : Math.Min(plan.Count, scenario.SeedsAtMost);
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                if (scenario.HasThreads)
                {
                    using SimulatedWorld live = new(SimulatedKernel.CreateLive(), scenario);
                    live.Run();
                    return;
                }

                SimulationReport report = SimulatedKernel.RunMany(count, kernel => RunOnAsync(kernel, scenario), OptionsFor(scenario.Tolerates), plan.First);
                plan.Done?.Invoke(scenario, report);
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.UnsafeStart();
        thread.Join();
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private static SimulationOptions OptionsFor(Tolerance tolerates)
    {
        FaultPlan faults = (tolerates & Tolerance.Errors) != 0 ? FaultPlan.Failing : FaultPlan.Busy;
        if ((tolerates & Tolerance.Partial) == 0)
        {
            faults = faults.Without(FaultKind.ShortResult, FaultKind.PageDropped);
        }

        if ((tolerates & Tolerance.Multishots) == 0)
        {
            faults = faults.Without(FaultKind.MultishotEnd);
        }

        if ((tolerates & Tolerance.Cancels) == 0)
        {
            faults = faults.Without(FaultKind.CancelRace, FaultKind.LostCancel);
        }

        if ((tolerates & Tolerance.OnlyWholeSubmits) != 0)
        {
            faults = faults.Without(FaultKind.PartialSubmit);
        }

        if ((tolerates & Tolerance.OnlyGivenQueues) != 0)
        {
            faults = faults.Without(FaultKind.SmallQueues);
        }

        return new SimulationOptions { Faults = faults };
    }

    private static async Task RunOnAsync(SimulatedKernel kernel, Scenario scenario)
    {
        using SimulatedWorld world = new(kernel, scenario);
        if (scenario.Polling is not null)
        {
            world.Run();
        }
        else
        {
            await world.RunAsync();
        }
    }
}
