namespace Dispatch.Conformance;

/// <summary>What a test may need of a kernel beyond the requests themselves. Which kernel lacks which, and why, is said by the kernel.</summary>
public enum Capability
{
    /// <summary>Processes: starting, confining and ending them.</summary>
    Processes,

    /// <summary>Memory that is not there: a request that names it fails with EFAULT.</summary>
    BadPointers,

    /// <summary>System calls that no ring has, and that take more of a machine than time and chance.</summary>
    AnyCall,
}
