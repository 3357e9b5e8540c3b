namespace Dispatch;

/// <summary>
/// What may cancel an awaited operation: a token, a deadline, or both. Cancelling asks the kernel; the operation ends at its terminal completion, and one that
/// succeeded after all reports success.
/// </summary>
internal struct CancelLink
{
    private static readonly Action<object?> TokenFired = static s => OnTokenFired((ICancellable)s!);

    private CancellationTokenRegistration registration;
    private CancellationToken token;
    private DeadlineTimer? timer;
    private bool deadlinePassed;

    /// <summary>Gets a value indicating whether there is something to disarm.</summary>
    public bool IsArmed { get; private set; }

    /// <summary>Gets a value indicating whether the deadline, and not the token, asked for the cancel.</summary>
    public readonly bool DeadlinePassed => deadlinePassed;

    /// <summary>Gets the token.</summary>
    public readonly CancellationToken Token => token;

    /// <summary>Arms for the operation's current tenancy. Owner only.</summary>
    public void Arm(ICancellable operation, long deadlineNanoseconds, CancellationToken token)
    {
        IsArmed = true;
        this.token = token;
        if (deadlineNanoseconds != 0)
        {
            timer ??= new DeadlineTimer();
            timer.Start(operation, deadlineNanoseconds);
        }

        if (token.CanBeCanceled)
        {
            operation.ArmedEpoch = operation.CancelEpoch;
            registration = token.UnsafeRegister(TokenFired, operation);
        }
    }

    /// <summary>
    /// Disarms at the terminal completion, before the object can have a next tenant. Disposing the registration waits for a callback that is running on
    /// another thread (a few instructions: it reads the armed epoch and posts), so none can read the next tenant's.
    /// </summary>
    public void Disarm()
    {
        IsArmed = false;
        registration.Dispose();
        registration = default;
        deadlinePassed = timer is not null && timer.Stop();
    }

    /// <summary>Forgets the last use.</summary>
    public void Clear()
    {
        token = default;
        deadlinePassed = false;
    }

    /// <summary>Turns a failed result into the exception that a .NET user expects.</summary>
    public readonly Exception Explain(LoopEngine engine, Opcode opcode, long result, object? subject, string? call = null)
    {
        if (deadlinePassed && Errno.FromResult(result, cancelAsked: true) == Errno.ECANCELED)
        {
            return new TimeoutException($"{call ?? OpcodeNames.Of(opcode)} did not complete before its deadline and was cancelled.");
        }

        return OpcodeNames.Explain(engine, opcode, result, subject, token, call);
    }

    private static void OnTokenFired(ICancellable operation)
    {
        LoopEngine engine = operation.Engine;
        if (engine.IsOwner)
        {
            operation.RequestCancel();
            return;
        }

        // The epoch goes along: when the post arrives, the object may long serve another request.
        engine.Posted.TryPost(static (s, epoch) => CancelIfStill((ICancellable)s!, (uint)epoch), operation, operation.ArmedEpoch);
    }

    private static void CancelIfStill(ICancellable operation, uint epoch)
    {
        // Off the owner there is no owner any more, and nothing in flight that could be cancelled; or the connection has moved, which it does only with nothing pending.
        if (operation.Engine.IsOwner && operation.CancelEpoch == epoch)
        {
            operation.RequestCancel();
        }
    }
}
