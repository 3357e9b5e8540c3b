using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Dispatch.Hosting;

/// <summary>
/// The options that a configuration can set, by their keys. A table rather than the configuration binder: it knows CPU lists and idle strategies, tells a misspelt key from an option, and needs no reflection.
/// </summary>
internal static class OptionKeys
{
    /// <summary>The section of the default dispatcher; those with a name have theirs within it.</summary>
    public const string Section = "Dispatch";

    private static readonly Dictionary<string, Action<DispatcherOptions, string>> Setters = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(DispatcherOptions.Kernel)] = static (o, text) => o.Kernel = Choice<KernelKind>(text),
        [nameof(DispatcherOptions.LoopCount)] = static (o, text) => o.LoopCount = Number(text),
        [nameof(DispatcherOptions.Placement)] = static (o, text) => o.Placement = Choice<LoopPlacement>(text),
        [nameof(DispatcherOptions.Cpus)] = static (o, text) => o.Cpus = CpuSet.Parse(text),
        [nameof(DispatcherOptions.DrainTimeout)] = static (o, text) => o.DrainTimeout = Time(text),
        [nameof(DispatcherOptions.Idle)] = static (o, text) => o.Idle = IdleText.Parse(text),
        [nameof(DispatcherOptions.UnhandledException)] = static (o, text) => SetPolicy(o, Choice<UnhandledExceptionAction>(text)),
        [nameof(DispatcherOptions.SubmissionEntries)] = static (o, text) => o.SubmissionEntries = Number(text),
        [nameof(DispatcherOptions.CompletionEntries)] = static (o, text) => o.CompletionEntries = Number(text),
        [nameof(DispatcherOptions.RawCapacity)] = static (o, text) => o.RawCapacity = Number(text),
        [nameof(DispatcherOptions.PoolLimit)] = static (o, text) => o.PoolLimit = Number(text),
        [nameof(DispatcherOptions.CompletionBudget)] = static (o, text) => o.CompletionBudget = Number(text),
        [nameof(DispatcherOptions.InboxBudget)] = static (o, text) => o.InboxBudget = Number(text),
        [nameof(DispatcherOptions.ReceiveBufferCount)] = static (o, text) => o.ReceiveBufferCount = Number(text),
        [nameof(DispatcherOptions.MaxReceiveBufferCount)] = static (o, text) => o.MaxReceiveBufferCount = Number(text),
        [nameof(DispatcherOptions.ReceiveBufferSize)] = static (o, text) => o.ReceiveBufferSize = Number(text),
        [nameof(DispatcherOptions.ReceiveQuota)] = static (o, text) => o.ReceiveQuota = Number(text),
        [nameof(DispatcherOptions.MaxKernelWorkers)] = static (o, text) => o.MaxKernelWorkers = Number(text),
        [nameof(DispatcherOptions.MaxWorkers)] = static (o, text) => o.MaxWorkers = Number(text),
        [nameof(DispatcherOptions.MaxWaitingWorkers)] = static (o, text) => o.MaxWaitingWorkers = Number(text),
        [nameof(DispatcherOptions.DirectSlots)] = static (o, text) => o.DirectSlots = Number(text),
        [nameof(DispatcherOptions.StallThreshold)] = static (o, text) => o.StallThreshold = Time(text),
        [nameof(DispatcherOptions.MeasureLatency)] = static (o, text) => o.MeasureLatency = Truth(text),
    };

    /// <summary>Sets what the section has. Throws an <see cref="OptionsValidationException"/> that names the keys of what it cannot read.</summary>
    public static void Read(IConfigurationSection section, string optionsName, DispatcherOptions options)
    {
        List<string> failures = [];
        foreach (IConfigurationSection entry in section.GetChildren())
        {
            if (entry.Value is not { } text)
            {
                continue; // A section of its own: a dispatcher with a name, or somebody else's.
            }

            if (!Setters.TryGetValue(entry.Key, out Action<DispatcherOptions, string>? set))
            {
                failures.Add($"{entry.Path} is no option of a dispatcher. There are: {string.Join(", ", Setters.Keys)}.");
                continue;
            }

            try
            {
                set(options, text);
            }
            catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
            {
                failures.Add($"{entry.Path} is \"{text}\": {e.Message}");
            }
        }

        if (failures.Count != 0)
        {
            throw new OptionsValidationException(optionsName, typeof(DispatcherOptions), failures);
        }
    }

    private static void SetPolicy(DispatcherOptions options, UnhandledExceptionAction action) => options.UnhandledException = _ => action;

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int number) ? number : throw new FormatException("a whole number is needed.");

    private static TimeSpan Time(string text) =>
        TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan time) ? time : throw new FormatException("a time is needed, as in 00:00:05.");

    private static bool Truth(string text) => bool.TryParse(text, out bool truth) ? truth : throw new FormatException("true or false is needed.");

    private static T Choice<T>(string text)
        where T : struct, Enum =>
        Enum.TryParse(text, ignoreCase: true, out T value) && Enum.IsDefined(value) ? value : throw new FormatException($"one of {string.Join(", ", Enum.GetNames<T>())} is needed.");
}
