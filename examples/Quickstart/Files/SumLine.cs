using System.Text;

namespace Dispatch.Examples.Quickstart;

/// <summary>
/// The lines of <c>sha256sum(1)</c>: digest, two spaces, name. In a name with a backslash or a line break those are escaped, and a backslash at the beginning of the line says so.
/// </summary>
internal static class SumLine
{
    /// <summary>Makes the line of a file.</summary>
    /// <param name="digest">The digest in hexadecimal.</param>
    /// <param name="name">The file's name, as it is.</param>
    /// <returns>The line, without a line break.</returns>
    public static string Format(string digest, string name)
    {
        string escaped = Escape(name);
        return escaped == name ? $"{digest}  {name}" : $"\\{digest}  {escaped}";
    }

    /// <summary>Escapes a name, so that it fits on a line.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The same without line breaks; no two names become one.</returns>
    public static string Escape(string name)
    {
        if (name.AsSpan().IndexOfAny('\\', '\n', '\r') < 0)
        {
            return name;
        }

        StringBuilder text = new(name.Length + 8);
        foreach (char c in name)
        {
            _ = c switch
            {
                '\\' => text.Append(@"\\"),
                '\n' => text.Append(@"\n"),
                '\r' => text.Append(@"\r"),
                _ => text.Append(c),
            };
        }

        return text.ToString();
    }
}
