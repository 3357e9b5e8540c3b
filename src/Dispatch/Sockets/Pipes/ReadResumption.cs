namespace Dispatch;

/// <summary>Where the code goes on that a read from another thread than the owner's belongs to.</summary>
internal enum ReadResumption : byte
{
    /// <summary>In the context or scheduler of the caller, and where it has none on the thread pool: what .NET does.</summary>
    Caller,

    /// <summary>On the owner, unless the caller has a context of its own: the read brings its caller home.</summary>
    Owner,

    /// <summary>On the thread pool.</summary>
    Pool,
}
