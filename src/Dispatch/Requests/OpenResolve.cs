namespace Dispatch;

/// <summary>How <c>openat2(2)</c> may find its way along a path.</summary>
[Flags]
public enum OpenResolve
{
    /// <summary>As <c>openat(2)</c> does.</summary>
    None = 0,

    /// <summary>Across no mount point (RESOLVE_NO_XDEV): EXDEV.</summary>
    NoOtherFileSystems = 1,

    /// <summary>Through no magic link, as there are in /proc (RESOLVE_NO_MAGICLINKS): ELOOP.</summary>
    NoMagicLinks = 2,

    /// <summary>Through no symbolic link at all (RESOLVE_NO_SYMLINKS): ELOOP.</summary>
    NoSymbolicLinks = 4,

    /// <summary>Never above the directory where it begins; absolute paths and links are refused (RESOLVE_BENEATH): EXDEV.</summary>
    Beneath = 8,

    /// <summary>The directory where it begins is its root: absolute paths and <c>..</c> stay inside (RESOLVE_IN_ROOT).</summary>
    InRoot = 16,

    /// <summary>Only by what the kernel has in memory (RESOLVE_CACHED; Linux 5.12): EAGAIN instead of waiting for a disk.</summary>
    Cached = 32,
}
