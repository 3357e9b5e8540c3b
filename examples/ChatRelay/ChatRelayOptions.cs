using System.Net;

namespace Dispatch.Examples.ChatRelay;

/// <summary>What the program was asked to do.</summary>
internal sealed class ChatRelayOptions
{
    /// <summary>Gets where to listen.</summary>
    public required IPEndPoint EndPoint { get; init; }

    /// <summary>Gets how many bytes may wait for a client.</summary>
    public required int BacklogBytes { get; init; }

    /// <summary>Gets how many loops, or null for one a CPU.</summary>
    public int? LoopCount { get; init; }

    /// <summary>Gets the kernel interface.</summary>
    public KernelKind Kernel { get; init; }

    /// <summary>Gets a value indicating whether to print a summary as JSON.</summary>
    public bool PrintJson { get; init; }
}
