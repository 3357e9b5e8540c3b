namespace Dispatch;

/// <summary>What a system call's argument is taken from at submit: memory that is pinned then, or a handle that is referenced then.</summary>
internal enum CallReference
{
    /// <summary>The first block of memory.</summary>
    First,

    /// <summary>The second block of memory.</summary>
    Second,

    /// <summary>The handle.</summary>
    Target,

    /// <summary>The second handle.</summary>
    SecondTarget,
}
