namespace Dispatch;

/// <summary>How a back end will use the descriptor of a request that is in flight.</summary>
internal enum DescriptorUse : byte
{
    /// <summary>Not again, or the kernel holds its file.</summary>
    None,

    /// <summary>When it is ready.</summary>
    Poll,

    /// <summary>In a call that is made later.</summary>
    Call,

    /// <summary>Under a number that is the request's own, and is closed with it.</summary>
    Copy,
}
