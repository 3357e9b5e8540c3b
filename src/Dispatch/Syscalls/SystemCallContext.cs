namespace Dispatch;

/// <summary>What a system call is about besides its arguments.</summary>
public enum SystemCallContext
{
    /// <summary>Nothing: any thread of the process may make it.</summary>
    Any,

    /// <summary>Whom the kernel takes the calling thread for; see <see cref="IoRequest.WithCredentials(RegisteredCredentials)"/>.</summary>
    User,

    /// <summary>The thread that makes it.</summary>
    Thread,

    /// <summary>The process as a whole.</summary>
    Process,

    /// <summary>The memory of the process.</summary>
    AddressSpace,
}
