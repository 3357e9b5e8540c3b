namespace Dispatch.Testing;

/// <summary>Something that waits until an open file is ready for it.</summary>
internal interface IWaiter
{
    /// <summary>Gets what it waits for.</summary>
    PollEvents Interest { get; }

    /// <summary>It may be ready: looks again, now or later. It stands in no line any more.</summary>
    void OnReady();
}
