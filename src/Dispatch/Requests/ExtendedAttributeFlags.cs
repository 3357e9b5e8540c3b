namespace Dispatch;

/// <summary>What <c>setxattr(2)</c> does when the attribute exists, or does not.</summary>
[Flags]
public enum ExtendedAttributeFlags
{
    /// <summary>Set it, whether it exists or not.</summary>
    None = 0,

    /// <summary>Fail with EEXIST when it exists (XATTR_CREATE).</summary>
    Create = 1,

    /// <summary>Fail with ENODATA when it does not (XATTR_REPLACE).</summary>
    Replace = 2,
}
