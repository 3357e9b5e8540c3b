using System.Net;

namespace Dispatch.Examples.Echo;

/// <summary>What the command line asked for.</summary>
internal sealed record EchoOptions
{
    public required IPEndPoint EndPoint { get; init; }

    public required int? LoopCount { get; init; }

    public required CpuSet? Cpus { get; init; }

    public required EchoMode Mode { get; init; }

    public required EchoIdle Idle { get; init; }

    public required KernelKind Kernel { get; init; }

    public required int? Buffers { get; init; }

    public required bool PrintJson { get; init; }

    /// <summary>Writes the options of a loop into an object that has them.</summary>
    /// <typeparam name="T">Options of one loop, or of a dispatcher.</typeparam>
    /// <param name="options">The object.</param>
    /// <returns>The same object.</returns>
    public T ApplyTo<T>(T options)
        where T : EventLoopOptions
    {
        options.Kernel = Kernel;
        options.Idle = Idle switch
        {
            EchoIdle.Spin => IdleStrategy.Spin,
            EchoIdle.Yield => IdleStrategy.Yield,
            _ => IdleStrategy.Park,
        };
        if (Buffers is { } buffers)
        {
            options.ReceiveBufferCount = buffers;
            options.MaxReceiveBufferCount = buffers;
        }

        return options;
    }
}
