namespace Dispatch;

/// <summary>Where a CPU sits in the machine.</summary>
/// <param name="Cpu">Its number.</param>
/// <param name="Package">The number of its package, the piece in the socket; 0 where it is not told.</param>
/// <param name="Node">The number of its memory (NUMA) node; 0 where it is not told.</param>
/// <param name="Die">The number of its die within the package; 0 where it is not told.</param>
/// <param name="Core">
/// Its core, named by the lowest CPU number in it: the kernel's own core numbers repeat from package to package. A core of more than one
/// CPU has SMT siblings ("hyper-threads").
/// </param>
internal readonly record struct CpuLocation(int Cpu, int Package, int Node, int Die, int Core);
