namespace Dispatch.Benchmarks;

/// <summary>What a child mode is told on its command line.</summary>
/// <param name="Port">The port to listen on; 0 is any free one.</param>
/// <param name="File">The file to read, see <see cref="Workspace.TestFile"/>.</param>
/// <param name="Depth">Operations in flight, or in a batch.</param>
/// <param name="Cpu">The CPU of the thread that the workload runs on, where that is not the CPU of the process.</param>
/// <param name="Buffers">Receive buffers to begin with; null for the default.</param>
/// <param name="BufferSize">Their size in bytes; null for the default.</param>
internal sealed record PeerArguments(int Port, string? File, int Depth, int? Cpu, int? Buffers, int? BufferSize)
{
    public string RequiredFile => File ?? throw new ArgumentException("This peer needs --file.");
}
