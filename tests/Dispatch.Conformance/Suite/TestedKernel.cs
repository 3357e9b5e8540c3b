namespace Dispatch.Conformance;

/// <summary>The kernels that one set of tests runs on.</summary>
public enum TestedKernel
{
    /// <summary>The system's io_uring.</summary>
    IoUring,

    /// <summary>The system's Linux AIO.</summary>
    LinuxAio,

    /// <summary>The simulated kernel of Dispatch.Testing.</summary>
    Simulated,
}
