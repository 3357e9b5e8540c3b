using System.Globalization;

namespace Dispatch.Testing;

/// <summary>
/// Makes the simulated machine go: one step of a loop, one piece of the script, or one event at a time, chosen by the seed among those that are possible; when none is, time moves to the next event. When there is none
/// either and the scenario has not ended, it never will.
/// </summary>
internal sealed class SimulationRunner(SimulatedKernel kernel)
{
    private const int MostFruitlessSteps = 2_000;
    private const int LeastStepNanoseconds = 100;
    private const int StepSpreadNanoseconds = 900;

    private readonly SimulatedLoops made = new(kernel);
    private readonly List<int> possible = [];
    private Exception? failure;
    private int last;

    /// <summary>Gets the peers of the script.</summary>
    public PeerNetwork Peers { get; } = new(kernel);

    /// <summary>Gets how many steps were made.</summary>
    public long Steps { get; private set; }

    /// <summary>Gets the loops that were made, and what makes them.</summary>
    public SimulatedLoops Loops => made;

    /// <summary>Gets what went wrong first.</summary>
    public Exception? Failure => failure;

    /// <summary>Something is wrong: the run fails as soon as this step is over. The first counts.</summary>
    public void Fail(Exception exception)
    {
        if (Interlocked.CompareExchange(ref failure, exception, null) is null)
        {
            kernel.Trace.IsFrozen = true;
        }
    }

    /// <summary>Runs a scenario to its end, and everything that it began.</summary>
    public void Run(Func<SimulatedKernel, Task> scenario)
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            Task main = kernel.OffLoop.Start(() => scenario(kernel));
            RunUntil(main, "The scenario does not end");
            foreach (Dispatcher dispatcher in made.Dispatchers)
            {
                if (!dispatcher.Completed.IsCompleted)
                {
                    RunUntil(dispatcher.DrainAsync(TimeSpan.FromSeconds(5)), "The drain does not end");
                }
            }

            StopLoops();
            SimulationChecks.Verify(kernel, made.Loops);
            ThrowIfFailed();
        }
        catch (Exception e)
        {
            Fail(e);
            throw;
        }
        finally
        {
            CleanUp();
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>The machine loses its power.</summary>
    public void Crash()
    {
        kernel.Trace.Add(TraceKind.Crash, kernel.Now);
        kernel.IsCrashing = true;
        kernel.Files.Crash(kernel.Chance);
        Peers.BreakAll();
        kernel.Descriptors.CloseAll();
        foreach (SteppedLoop stepped in made.Loops)
        {
            stepped.IsLost = true;
            stepped.Loop.RequestStop(null);
        }

        made.Dispatchers.Clear();
        EndLost();
        kernel.Descriptors.CloseAll();
        kernel.IsCrashing = false;
    }

    /// <summary>A wait inside a step: a loop that ends waits for its requests. Events go on, other loops do not.</summary>
    public int WaitNested(long timeoutNanoseconds)
    {
        long limit = timeoutNanoseconds < 0 || timeoutNanoseconds > long.MaxValue - kernel.Now ? long.MaxValue : kernel.Now + timeoutNanoseconds;
        long next = kernel.Events.NextTime;
        if (next <= limit && next != long.MaxValue)
        {
            kernel.Now = Math.Max(kernel.Now, next);
            FireNext();
        }
        else if (limit == long.MaxValue)
        {
            Fail(new SimulationCheckException("A loop waits in the kernel for something that will never come."));
            throw new InvalidOperationException("Nothing will ever wake this loop.");
        }
        else
        {
            kernel.Now = limit;
        }

        return 0;
    }

    private void RunUntil(Task task, string otherwise)
    {
        while (!task.IsCompleted)
        {
            if (!Step())
            {
                throw new SimulationCheckException($"{otherwise}: nothing can happen any more. {SimulationChecks.DescribeWaiting(kernel, made.Loops)}");
            }

            ThrowIfFailed();
            if (Steps > kernel.Options.MaxSteps || kernel.Elapsed > kernel.Options.MaxTime)
            {
                throw new SimulationCheckException(string.Create(CultureInfo.InvariantCulture, $"{otherwise} within {Steps} steps and {kernel.Elapsed} of virtual time. {SimulationChecks.DescribeWaiting(kernel, made.Loops)}"));
            }
        }

        task.GetAwaiter().GetResult();
        ThrowIfFailed();
    }

    private void ThrowIfFailed()
    {
        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
    }

    private void StopLoops()
    {
        foreach (SteppedLoop stepped in made.Loops)
        {
            if (!stepped.Stepper.HasEnded)
            {
                stepped.Loop.RequestStop(null);
                RunUntil(stepped.Loop.Completed, $"{stepped.Loop.Name} does not end");
            }
        }

        while (kernel.Script.HasWork)
        {
            RunScript();
        }
    }

    /// <summary>One step. False when nothing will ever happen any more.</summary>
    private bool Step()
    {
        Steps++;
        possible.Clear();
        long now = kernel.Now;
        long next = kernel.Events.NextTime;
        for (int i = 0; i < made.Loops.Count; i++)
        {
            SteppedLoop stepped = made.Loops[i];
            if (stepped.CanStep(now))
            {
                possible.Add(i);
            }
            else if (!stepped.Stepper.HasEnded)
            {
                next = Math.Min(next, stepped.Stepper.ParkedUntil);
            }
        }

        if (kernel.Script.HasWork)
        {
            possible.Add(-1);
        }

        if (kernel.Events.NextTime <= now)
        {
            possible.Add(-2);
        }

        if (possible.Count == 0)
        {
            if (next == long.MaxValue)
            {
                return false;
            }

            kernel.Now = Math.Max(now, next);
            return true;
        }

        if (made.Loops.Count != 0 && kernel.Faults.Strikes(FaultKind.SpuriousWake))
        {
            WakeForNothing();
        }

        Do(Choose());
        return true;
    }

    private int Choose()
    {
        if (possible.Count == 1)
        {
            return possible[0];
        }

        if (kernel.Faults.Strikes(FaultKind.LoopOrder))
        {
            return possible[kernel.Faults.Below(possible.Count)];
        }

        // In turn: the next after the one of last time.
        foreach (int candidate in possible)
        {
            if (candidate > last)
            {
                return candidate;
            }
        }

        return possible[^1] < 0 ? possible[^1] : possible[0];
    }

    private void Do(int choice)
    {
        last = choice < 0 ? -1 : choice;
        kernel.Now += LeastStepNanoseconds + kernel.Chance.Below(StepSpreadNanoseconds);
        if (choice == -1)
        {
            RunScript();
        }
        else if (choice == -2)
        {
            kernel.Events.Take().Fire();
            ForgetFruitless();
        }
        else
        {
            StepLoop(made.Loops[choice]);
        }
    }

    private void RunScript()
    {
        ForgetFruitless();
        try
        {
            kernel.Script.RunNext();
        }
        catch (Exception e)
        {
            Fail(e); // Code that nobody awaits.
        }
    }

    private void StepLoop(SteppedLoop stepped)
    {
        LoopStepper stepper = stepped.Stepper;
        if (stepper.IsParked)
        {
            kernel.Trace.Add(TraceKind.Wake, kernel.Now, stepped.Ring.Number);
            stepper.Wake(stepper.ParkedUntil <= kernel.Now);
        }

        bool did = stepper.Step();
        kernel.Trace.Add(stepper.IsParked ? TraceKind.Park : TraceKind.Step, kernel.Now, stepped.Ring.Number, result: stepper.IsParked ? stepper.ParkedUntil : did ? 1 : 0);
        if (did || stepper.HasEnded)
        {
            ForgetFruitless();
        }
        else if (++stepped.FruitlessSteps > MostFruitlessSteps && stepper.WantsToPark)
        {
            kernel.Violate($"{stepped.Loop.Name} made {MostFruitlessSteps} steps in a row that did nothing: it should sleep.");
        }
    }

    private void ForgetFruitless()
    {
        foreach (SteppedLoop stepped in made.Loops)
        {
            stepped.FruitlessSteps = 0;
        }
    }

    private void WakeForNothing()
    {
        SteppedLoop stepped = made.Loops[kernel.Faults.Below(made.Loops.Count)];
        if (stepped.Stepper.IsParked)
        {
            kernel.Trace.Add(TraceKind.Wake, kernel.Now, stepped.Ring.Number, text: "for nothing");
            stepped.Stepper.Wake(timeIsOver: false);
        }
    }

    /// <summary>An event inside somebody's step happens outside of it: in no loop's turn, in no context.</summary>
    private void FireNext()
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        LoopEngine? owner = LoopThread.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        LoopThread.Release();
        try
        {
            kernel.Events.Take().Fire();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
            if (owner is not null)
            {
                LoopThread.Claim(owner);
            }
        }
    }

    private void EndLost()
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        bool wasQuiet = kernel.Faults.IsQuiet;
        kernel.Faults.IsQuiet = true;
        foreach (SteppedLoop stepped in made.Loops)
        {
            for (int i = 0; i < 10 && !stepped.Stepper.HasEnded; i++)
            {
                stepped.Stepper.Wake(timeIsOver: false);
                stepped.Stepper.Step();
            }
        }

        kernel.Faults.IsQuiet = wasQuiet;
        SynchronizationContext.SetSynchronizationContext(context);
    }

    /// <summary>Gives back what a failed run still holds of the process's memory.</summary>
    private void CleanUp()
    {
        kernel.IsCrashing = true;
        foreach (SteppedLoop stepped in made.Loops)
        {
            stepped.Loop.RequestStop(null);
        }

        EndLost();
    }
}
