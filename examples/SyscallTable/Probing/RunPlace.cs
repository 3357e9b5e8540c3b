using System.Text.Json.Serialization;

namespace Dispatch.Examples.SyscallTable.Probing;

/// <summary>Where an operation ran.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunPlace>))]
internal enum RunPlace
{
    /// <summary>Its completion was there when the submit returned, without the kernel having been asked for any.</summary>
    Inline,

    /// <summary>Its completion came later, and no worker was made for it.</summary>
    Asynchronous,

    /// <summary>The kernel made a worker for it.</summary>
    KernelWorker,

    /// <summary>The kernel does not have it.</summary>
    Missing,

    /// <summary>It takes hardware, or another ring's set-up, that this program does not have.</summary>
    NotProbed,
}
