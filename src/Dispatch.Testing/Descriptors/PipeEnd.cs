namespace Dispatch.Testing;

/// <summary>One end of a pipe.</summary>
internal sealed class PipeEnd(SimulatedKernel kernel, PipeBuffer pipe, bool isReader) : OpenDescription(kernel)
{
    /// <inheritdoc/>
    public override PollEvents Readiness => pipe.ReadinessOf(isReader);

    /// <inheritdoc/>
    public override string Kind => isReader ? "pipe (read)" : "pipe (write)";

    /// <inheritdoc/>
    public override int Read(Span<byte> destination, long offset, uint flags) =>
        !isReader ? -Errno.EBADF : pipe.Read(destination, Kernel.Faults);

    /// <inheritdoc/>
    public override int Write(ReadOnlySpan<byte> source, long offset, uint flags) =>
        isReader ? -Errno.EBADF : pipe.Write(source, Kernel.Faults);

    /// <inheritdoc/>
    protected override void OnReleased() => pipe.OnReleased(isReader);
}
