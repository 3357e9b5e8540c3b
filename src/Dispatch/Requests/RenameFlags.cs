namespace Dispatch;

/// <summary>What <c>renameat2(2)</c> does when the new path exists.</summary>
[Flags]
public enum RenameFlags
{
    /// <summary>Replace it, atomically.</summary>
    None = 0,

    /// <summary>Fail with EEXIST (RENAME_NOREPLACE).</summary>
    NoReplace = 1,

    /// <summary>Exchange the two, atomically (RENAME_EXCHANGE).</summary>
    Exchange = 2,
}
