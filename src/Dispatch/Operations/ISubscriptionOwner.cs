namespace Dispatch;

/// <summary>What a handle's subscriber is attached to. Owner thread only.</summary>
internal interface ISubscriptionOwner<T>
{
    /// <summary>Gets the loop's engine.</summary>
    LoopEngine Engine { get; }

    /// <summary>Makes a subscription the consumer. Throws when there is one.</summary>
    void Attach(HandleSubscription<T> created);

    /// <summary>The subscription is the consumer no more.</summary>
    void Detach(HandleSubscription<T> from);
}
