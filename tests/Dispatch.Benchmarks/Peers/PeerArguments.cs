namespace Dispatch.Benchmarks;

/// <summary>What a child mode is told on its command line.</summary>
/// <param name="Port">The port to listen on; 0 is any free one.</param>
/// <param name="File">The file to read, see <see cref="Workspace.TestFile"/>.</param>
/// <param name="Depth">Operations in flight, or in a batch.</param>
/// <param name="Cpu">The CPU of the thread that the workload runs on, where that is not the CPU of the process.</param>
internal sealed record PeerArguments(int Port, string? File, int Depth, int? Cpu)
{
    public string RequiredFile => File ?? throw new ArgumentException("This peer needs --file.");
}
