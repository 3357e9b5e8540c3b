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

    /// <summary>Extended attributes of files.</summary>
    ExtendedAttributes,

    /// <summary>Moving data between descriptors without user space.</summary>
    Splicing,

    /// <summary>Reads that bring several completions.</summary>
    MultishotReads,

    /// <summary>Opens that say where a path may lead.</summary>
    GuardedOpens,

    /// <summary>Reads and writes of several pieces of a registered buffer.</summary>
    VectorsInRegisteredBuffers,

    /// <summary>Control data with messages: descriptors, say.</summary>
    ControlData,

    /// <summary>Sends from memory that the kernel keeps.</summary>
    ZeroCopy,

    /// <summary>Questions to sockets by request.</summary>
    SocketCommands,

    /// <summary>Sets of epoll.</summary>
    EpollSets,

    /// <summary>Waits for one of several futexes.</summary>
    FutexVectors,

    /// <summary>Tables of open files that belong to a ring.</summary>
    DirectDescriptors,

    /// <summary>Buffers that are provided by requests.</summary>
    ProvidedByRequests,

    /// <summary>Being told of changes of files and directories.</summary>
    Watching,
}
