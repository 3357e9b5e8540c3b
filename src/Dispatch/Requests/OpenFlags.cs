namespace Dispatch;

/// <summary>How a file is opened: the flags of <c>openat(2)</c>, with their x86-64 and arm64 values.</summary>
[Flags]
public enum OpenFlags
{
    /// <summary>For reading (O_RDONLY).</summary>
    ReadOnly = 0,

    /// <summary>For writing (O_WRONLY).</summary>
    WriteOnly = 1,

    /// <summary>For both (O_RDWR).</summary>
    ReadWrite = 2,

    /// <summary>Create it when it does not exist (O_CREAT).</summary>
    Create = 0x40,

    /// <summary>With <see cref="Create"/>: fail when it exists (O_EXCL).</summary>
    Exclusive = 0x80,

    /// <summary>A terminal does not become the controlling one (O_NOCTTY).</summary>
    NoControllingTerminal = 0x100,

    /// <summary>Cut an existing file to length 0 (O_TRUNC).</summary>
    Truncate = 0x200,

    /// <summary>Every write goes to the end (O_APPEND).</summary>
    Append = 0x400,

    /// <summary>Opening does not wait, for a FIFO's peer say (O_NONBLOCK).</summary>
    NonBlocking = 0x800,

    /// <summary>Every write waits until its data is on the device (O_DSYNC).</summary>
    DataSync = 0x1000,

    /// <summary>Children do not inherit it (O_CLOEXEC).</summary>
    CloseOnExec = 0x80000,
}
