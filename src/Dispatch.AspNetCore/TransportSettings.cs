using System.Buffers;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Dispatch.AspNetCore;

/// <summary>What all connections of a transport share.</summary>
internal sealed class TransportSettings
{
    public TransportSettings(DispatchTransportOptions options, ILogger logger, MemoryPool<byte> memory)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BlockingLimit, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.BlockingThreshold, TimeSpan.Zero);
        Options = options;
        Logger = logger;
        Memory = memory;
        BlockingTicks = (long)(options.BlockingThreshold.TotalSeconds * Stopwatch.Frequency);
        Connections = new ConnectionOptions
        {
            NoDelay = options.NoDelay,
            ReceiveHighWaterMark = options.MaxReadBufferSize is { } most ? (int)Math.Clamp(most, 1, int.MaxValue) : null,
            SendHighWaterMark = options.MaxWriteBufferSize is { } limit and < int.MaxValue ? (int)Math.Max(limit, 1) : int.MaxValue,
        };
    }

    public DispatchTransportOptions Options { get; }

    public ILogger Logger { get; }

    public MemoryPool<byte> Memory { get; }

    public ConnectionOptions Connections { get; }

    /// <summary>Gets the blocking threshold, in ticks of the <see cref="Stopwatch"/>.</summary>
    public long BlockingTicks { get; }
}
