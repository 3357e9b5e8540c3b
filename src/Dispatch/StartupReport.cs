using System.Globalization;
using System.Text;

namespace Dispatch;

/// <summary>What a loop was set up with: kernel interface, flags, features, limits. For the log, and for the first question of every bug report.</summary>
public sealed class StartupReport
{
    internal StartupReport(string loop, KernelDescription kernel, EventLoopOptions options)
    {
        Loop = loop;
        Kernel = kernel.Kind;
        SubmissionEntries = (int)kernel.SubmissionEntries;
        CompletionEntries = (int)kernel.CompletionEntries;
        Flags = kernel.Flags;
        Features = kernel.Features;
        RefusedFlags = kernel.Refused;
        SupportedRequests = kernel.SupportedOpcodes;
        RegisteredDescriptor = kernel.RegisteredDescriptor;
        WakeMechanism = kernel.WakeMechanism;
        ReceiveBuffers = $"{options.ReceiveBufferCount} of {options.ReceiveBufferSize} bytes, up to {options.MaxReceiveBufferCount}";
        MaxKernelWorkers = options.MaxKernelWorkers;
    }

    /// <summary>Gets the name of the loop.</summary>
    public string Loop { get; }

    /// <summary>Gets the kernel interface.</summary>
    public KernelKind Kernel { get; }

    /// <summary>Gets the size of the submission queue.</summary>
    public int SubmissionEntries { get; }

    /// <summary>Gets the size of the completion queue.</summary>
    public int CompletionEntries { get; }

    /// <summary>Gets the set-up flags in force, by their names in <c>io_uring_setup(2)</c>.</summary>
    public IReadOnlyList<string> Flags { get; }

    /// <summary>Gets the kernel's features, by their names in <c>io_uring_setup(2)</c>.</summary>
    public IReadOnlyList<string> Features { get; }

    /// <summary>Gets the sets of flags that were tried before and refused; empty on a new kernel. On Linux AIO that took io_uring's place: why that was refused.</summary>
    public IReadOnlyList<string> RefusedFlags { get; }

    /// <summary>Gets how many kinds of request the kernel has.</summary>
    public int SupportedRequests { get; }

    /// <summary>Gets a value indicating whether enters use a registered ring descriptor, which is faster; a thread has 16 of them.</summary>
    public bool RegisteredDescriptor { get; }

    /// <summary>Gets how other threads end the loop's wait.</summary>
    public string WakeMechanism { get; }

    /// <summary>Gets the receive buffers.</summary>
    public string ReceiveBuffers { get; }

    /// <summary>Gets the limit on kernel workers of each class.</summary>
    public int MaxKernelWorkers { get; }

    /// <summary>Writes the report for people, a fact a line.</summary>
    /// <returns>The text.</returns>
    public override string ToString()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{Loop}: {Kernel} on {Environment.OSVersion.VersionString}, {SupportedRequests} kinds of request\n");
        text.Append(CultureInfo.InvariantCulture, $"  queues: {SubmissionEntries} submissions, {CompletionEntries} completions; registered descriptor: {(RegisteredDescriptor ? "yes" : "no")}; wake: {WakeMechanism}\n");
        text.Append(CultureInfo.InvariantCulture, $"  flags: {string.Join(' ', Flags)}\n");
        foreach (string refused in RefusedFlags)
        {
            text.Append(CultureInfo.InvariantCulture, $"  refused: {refused}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"  features: {string.Join(' ', Features)}\n");
        text.Append(CultureInfo.InvariantCulture, $"  receive buffers: {ReceiveBuffers}; kernel workers: up to {MaxKernelWorkers} of a class");
        return text.ToString();
    }
}
