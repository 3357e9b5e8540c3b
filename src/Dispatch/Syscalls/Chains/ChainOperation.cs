using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>
/// A chain on its loop: makes one request after the other, in one slot, and asks the chain's functions for the next. Kept by its chain from run to run. Owner thread only.
/// </summary>
internal sealed class ChainOperation(LoopEngine engine, Chain chain) : Operation(engine, settled: false), IOwnerSource, IValueTaskSource<long>, IValueTaskSource<Completion>
{
    private readonly List<ChainStep> steps = chain.Steps;
    private OwnerCompletionCore core;
    private CancelLink cancel;
    private Completion[] results = [];
    private Exception? failure;
    private Completion outcome;
    private Opcode failedCall;
    private object? failedSubject;
    private object? subject;
    private uint run;
    private int current;
    private bool isBroken;
    private bool isCancelling;

    /// <inheritdoc/>
    public ref OwnerCompletionCore Core => ref core;

    /// <summary>Gets the token for the ValueTask of the current run.</summary>
    public short Version => core.Version;

    /// <summary>Gets a value indicating whether a run is on, or its result was not read.</summary>
    public bool IsRunning { get; private set; }

    /// <inheritdoc/>
    public override uint CancelEpoch => run;

    /// <summary>What a step came to.</summary>
    public Completion ResultOf(int step) => step < current ? results[step] : throw new InvalidOperationException($"Step {step} of the chain has not ended.");

    /// <summary>Begins a run.</summary>
    public void Begin(CancellationToken token)
    {
        if (results.Length < steps.Count)
        {
            results = new Completion[steps.Count];
        }

        IsRunning = true;
        run++;
        current = 0;
        isBroken = false;
        isCancelling = false;
        failure = null;
        outcome = default;
        TakeSlot();
        if (token.CanBeCanceled)
        {
            cancel.Arm(this, 0, token);
        }

        GoOn();
    }

    /// <inheritdoc/>
    public override void RequestCancel()
    {
        isCancelling = true; // Between two steps there is nothing in flight: the next one is not begun.
        base.RequestCancel();
    }

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<long>.GetStatus(short token)
    {
        core.Verify(token);
        return !core.IsCompleted ? ValueTaskSourceStatus.Pending
            : failure is null && !outcome.IsError ? ValueTaskSourceStatus.Succeeded
            : failure is null && outcome.ErrorNumber == Errno.ECANCELED ? ValueTaskSourceStatus.Canceled : ValueTaskSourceStatus.Faulted;
    }

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<Completion>.GetStatus(short token)
    {
        core.Verify(token);
        return !core.IsCompleted ? ValueTaskSourceStatus.Pending : failure is null ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Faulted;
    }

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(Engine, this, continuation, state, token, flags);

    /// <inheritdoc/>
    long IValueTaskSource<long>.GetResult(short token)
    {
        CancellationToken by = cancel.Token;
        object? named = failedSubject;
        Completion result = Take(token);
        return result.IsError ? throw OpcodeNames.Explain(failedCall, result.Result, named, by) : result.Result;
    }

    /// <inheritdoc/>
    Completion IValueTaskSource<Completion>.GetResult(short token) => Take(token);

    /// <inheritdoc/>
    protected override void OnCompletion(in CompletionEntry entry, bool terminal)
    {
        if (terminal)
        {
            Note(new Completion(0, entry));
            GoOn();
        }
    }

    private Completion Take(short token)
    {
        core.VerifyCompleted(token);
        Completion result = outcome;
        Exception? thrown = failure;
        failure = null;
        failedSubject = null;
        cancel.Clear();
        core.Reset();
        IsRunning = false;
        if (thrown is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(thrown);
        }

        return result;
    }

    /// <summary>A step has ended, one way or another.</summary>
    private void Note(in Completion completion)
    {
        results[current] = completion;
        if (!isBroken)
        {
            outcome = steps[current].IsAlways && !completion.IsError ? outcome : completion; // What a closing step comes to is not what was asked for.
            if (completion.IsError)
            {
                isBroken = true;
                failedCall = Opcode;
                failedSubject = subject;
            }
        }

        current++;
    }

    private void GoOn()
    {
        while (current < steps.Count)
        {
            if (TryBegin(steps[current]))
            {
                return; // Its completion goes on.
            }
        }

        if (cancel.IsArmed)
        {
            cancel.Disarm();
        }

        Engine.Table.Remove(this); // A chain that is forgotten is not kept by its loop.
        core.SetCompleted(Engine);
    }

    /// <summary>Begins a step. False: it has ended already, without a request.</summary>
    private bool TryBegin(in ChainStep step)
    {
        if (!step.IsAlways && (isBroken || isCancelling))
        {
            Note(new Completion(0, -Errno.ECANCELED, CompletionFlags.None));
            return false;
        }

        try
        {
            if (step.Make(chain, current == 0 ? 0 : results[current - 1].Result) is { } request)
            {
                subject = request.Subject;
                Start(request);
                return true;
            }

            Note(default);
        }
        catch (Exception e) when (!InFlight)
        {
            // A function of the chain's threw, or a handle was closed: the awaiter is told, when the steps that are done always have been done.
            failure ??= e;
            isBroken = true;
            Note(new Completion(0, -Errno.ECANCELED, CompletionFlags.None));
        }

        return false;
    }
}
