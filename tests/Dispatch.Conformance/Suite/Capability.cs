namespace Dispatch.Conformance;

/// <summary>What a test may need of a kernel beyond the requests themselves. Which kernel lacks which, and why, is said by the kernel.</summary>
public enum Capability
{
    /// <summary>Several threads at once.</summary>
    Threads,

    /// <summary>Processes: starting, confining and ending them.</summary>
    Processes,

    /// <summary>A second loop that takes messages of the first.</summary>
    Messages,

    /// <summary>Memory that is not there: a request that names it fails with EFAULT.</summary>
    BadPointers,

    /// <summary>O_DIRECT.</summary>
    DirectFiles,

    /// <summary>Names that several threads, programs or the framework see as well: the files of the system.</summary>
    SystemFiles,

    /// <summary>Completions that can still be read when the thread that made the requests has ended.</summary>
    CompletionsAfterOwner,
}
