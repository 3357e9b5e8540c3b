namespace Dispatch;

/// <summary>Options of one read or write: the RWF_* flags of <c>preadv2(2)</c>.</summary>
[Flags]
public enum ReadWriteFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>High priority: poll for the completion where the device can (RWF_HIPRI).</summary>
    HighPriority = 1,

    /// <summary>The data is on the device at completion (RWF_DSYNC).</summary>
    DataSync = 2,

    /// <summary>Data and metadata are on the device at completion (RWF_SYNC).</summary>
    Sync = 4,

    /// <summary>Fail with EAGAIN instead of waiting for a device (RWF_NOWAIT); EOPNOTSUPP where the file system cannot say.</summary>
    NoWait = 8,

    /// <summary>Write at the end of the file, whatever the offset (RWF_APPEND).</summary>
    Append = 16,
}
