namespace Dispatch;

/// <summary>
/// Names one submitted request, to cancel it. A value of slot and generation: using it after the request has ended does nothing, whatever the slot serves
/// by then.
/// </summary>
/// <remarks>Owner thread only.</remarks>
public readonly struct OperationHandle : IEquatable<OperationHandle>
{
    private readonly Operation? operation;
    private readonly uint generation;

    internal OperationHandle(Operation operation)
    {
        this.operation = operation;
        generation = operation.Generation;
    }

    /// <summary>Gets a value indicating whether the request's terminal completion has not been delivered yet.</summary>
    public bool IsPending => operation is { InFlight: true } current && current.Generation == generation;

    /// <summary>Compares two handles.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they name the same request.</returns>
    public static bool operator ==(OperationHandle left, OperationHandle right) => left.Equals(right);

    /// <summary>Compares two handles.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they name different requests.</returns>
    public static bool operator !=(OperationHandle left, OperationHandle right) => !left.Equals(right);

    /// <summary>
    /// Asks the kernel to cancel the request. Its completions still arrive; the terminal one says whether it was cancelled (−ECANCELED) or had succeeded.
    /// </summary>
    public void Cancel()
    {
        if (IsPending)
        {
            operation!.Engine.VerifyOwner();
            operation.RequestCancel();
        }
    }

    /// <inheritdoc/>
    public bool Equals(OperationHandle other) => ReferenceEquals(operation, other.operation) && generation == other.generation;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is OperationHandle other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(operation, generation);

    /// <summary>Cancels and delivers nothing more.</summary>
    internal void Unsubscribe()
    {
        if (IsPending && operation is ObserveOperation observed)
        {
            observed.Unsubscribe();
        }
    }

    internal void DisposeOrphan(in Completion completion)
    {
        if (operation is ObserveOperation observed)
        {
            observed.DisposeOrphan(new CompletionEntry { Result = (int)completion.Result, Flags = (uint)completion.Flags });
        }
    }
}
