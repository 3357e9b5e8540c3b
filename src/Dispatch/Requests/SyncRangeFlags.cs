namespace Dispatch;

/// <summary>What <c>sync_file_range(2)</c> does with the pages of a range.</summary>
[Flags]
public enum SyncRangeFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Wait for writes of these pages that have begun (SYNC_FILE_RANGE_WAIT_BEFORE).</summary>
    WaitBefore = 1,

    /// <summary>Begin to write what is dirty (SYNC_FILE_RANGE_WRITE).</summary>
    Write = 2,

    /// <summary>Wait for those writes (SYNC_FILE_RANGE_WAIT_AFTER).</summary>
    WaitAfter = 4,
}
