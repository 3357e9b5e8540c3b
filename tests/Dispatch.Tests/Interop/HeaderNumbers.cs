using System.Globalization;
using System.Text.RegularExpressions;

namespace Dispatch.Tests.Interop;

/// <summary>The numbers of system calls as the C headers have them.</summary>
internal static partial class HeaderNumbers
{
    /// <summary>Has gcc read a source that includes the headers, and collects what they define.</summary>
    public static Dictionary<string, int> Read(string source)
    {
        using TestFolder folder = new();
        File.WriteAllText(folder["numbers.c"], source);
        Dictionary<string, string> macros = [];
        foreach (Match match in Define().Matches(CCompiler.Preprocess(folder.Path, "numbers.c")))
        {
            macros[match.Groups[1].Value] = match.Groups[2].Value.Trim();
        }

        Dictionary<string, int> numbers = [];
        foreach ((string name, string value) in macros)
        {
            string text = value;
            while (macros.TryGetValue(text, out string? meant))
            {
                text = meant;
            }

            if (name.StartsWith("__NR_", StringComparison.Ordinal) && name is not ("__NR_syscalls" or "__NR_arch_specific_syscall") && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                numbers[name[5..]] = number;
            }
        }

        return numbers;
    }

    [GeneratedRegex("^#define (\\S+) (.+)$", RegexOptions.Multiline)]
    private static partial Regex Define();
}
