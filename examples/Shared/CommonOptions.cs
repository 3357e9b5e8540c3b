using System.CommandLine;
using System.Globalization;
using System.Net;

namespace Dispatch.Examples;

/// <summary>Command-line options that several examples have.</summary>
internal static class CommonOptions
{
    /// <summary>Makes an option that takes a whole number.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="least">The least number allowed.</param>
    /// <param name="most">The greatest number allowed.</param>
    /// <returns>The option; its value is null where it is not given.</returns>
    public static Option<int?> Number(string name, string description, int least, int most) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most)
            {
                return value;
            }

            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} takes a number from {least} to {most}."));
            return null;
        },
    };

    /// <summary>Makes an option that takes one of some words.</summary>
    /// <typeparam name="T">What the words stand for.</typeparam>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="words">The words; the first is the default, and stands for the type's own.</param>
    /// <returns>The option.</returns>
    public static Option<T> Choice<T>(string name, string description, params (string Word, T Meaning)[] words)
        where T : struct, Enum => new(name)
    {
        Description = $"{description} Default: {words[0].Word}.",
        HelpName = string.Join('|', words.Select(w => w.Word)),
        CustomParser = result =>
        {
            foreach ((string word, T meaning) in words)
            {
                if (result.Tokens[0].Value == word)
                {
                    return meaning;
                }
            }

            result.AddError($"{name} takes {string.Join(" or ", words.Select(w => w.Word))}.");
            return default;
        },
    };

    /// <summary>Makes <c>--address</c>.</summary>
    /// <returns>The option.</returns>
    public static Option<IPAddress> Address() => new("--address")
    {
        Description = "The address to listen on.",
        HelpName = "IP",
        CustomParser = result =>
        {
            if (IPAddress.TryParse(result.Tokens[0].Value, out IPAddress? parsed))
            {
                return parsed;
            }

            result.AddError("--address takes an IP address, such as 0.0.0.0 or ::1.");
            return null;
        },
        DefaultValueFactory = _ => IPAddress.Loopback,
    };

    /// <summary>Makes <c>--loops</c>.</summary>
    /// <returns>The option.</returns>
    public static Option<int?> Loops() => Number("--loops", "How many event loops. Default: one for each CPU.", 1, 1024);

    /// <summary>Makes <c>--cpus</c>.</summary>
    /// <returns>The option.</returns>
    public static Option<CpuSet?> Cpus() => new("--cpus")
    {
        Description = "The CPUs to run on, one a loop, such as 0-3,8. Default: wherever the system likes.",
        HelpName = "LIST",
        CustomParser = result =>
        {
            string list = result.Tokens[0].Value;
            if (CpuSet.TryParse(list, out CpuSet? parsed) && parsed.Count > 0 && parsed.Except(CpuSet.Process).Count == 0)
            {
                return parsed;
            }

            result.AddError($"--cpus takes CPUs that this process may run on: some of {CpuSet.Process}.");
            return null;
        },
    };

    /// <summary>Looks at <c>--loops</c> and <c>--cpus</c> together.</summary>
    /// <param name="loops">How many loops were asked for.</param>
    /// <param name="cpus">The CPUs that were asked for.</param>
    /// <returns>What is wrong, or null.</returns>
    public static string? CheckCpus(int? loops, CpuSet? cpus) =>
        cpus is not null && loops > cpus.Count ? $"--loops is {loops}, and --cpus has {cpus.Count}: a loop needs a CPU of its own." : null;

    /// <summary>Makes <c>--kernel</c>.</summary>
    /// <returns>The option.</returns>
    public static Option<KernelKind> Kernel() => Choice("--kernel", "The kernel interface; auto is Linux AIO only where io_uring is refused.", ("auto", KernelKind.Auto), ("io_uring", KernelKind.IoUring), ("aio", KernelKind.LinuxAio));

    /// <summary>Makes <c>--json</c>.</summary>
    /// <returns>The option.</returns>
    public static Option<bool> Json() => new("--json") { Description = "Print one JSON object as the last line." };
}
