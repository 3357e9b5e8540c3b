using System.Net;
using Dispatch.AspNetCore;

namespace Dispatch.Examples.WebApp;

/// <summary>What the command line asked for.</summary>
internal sealed record WebAppOptions
{
    public required IPEndPoint EndPoint { get; init; }

    public required WebTransport Transport { get; init; }

    public required int? LoopCount { get; init; }

    public required CpuSet? Cpus { get; init; }

    public required DispatchScheduling Scheduling { get; init; }

    public required KernelKind Kernel { get; init; }

    /// <summary>Gets a value indicating whether loops measure where requests spend their time.</summary>
    public required bool MeasureLatency { get; init; }

    /// <summary>Gets the file with the certificate and its key; null for no TLS.</summary>
    public required FileInfo? Certificate { get; init; }

    /// <summary>Gets a value indicating whether HTTP/2 is spoken without TLS.</summary>
    public required bool IsHttp2WithoutTls { get; init; }

    /// <summary>Gets the folder of files; null for one that comes and goes with the program.</summary>
    public required DirectoryInfo? Files { get; init; }

    public required bool PrintJson { get; init; }
}
