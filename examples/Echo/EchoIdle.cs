namespace Dispatch.Examples.Echo;

/// <summary>What a loop does that has nothing to do.</summary>
internal enum EchoIdle
{
    /// <summary>It sleeps in the kernel.</summary>
    Park,

    /// <summary>It looks again at once.</summary>
    Spin,

    /// <summary>It offers its CPU to others, then looks again.</summary>
    Yield,
}
