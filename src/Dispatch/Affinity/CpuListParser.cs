using System.Globalization;

namespace Dispatch;

/// <summary>Reads Linux's CPU lists, and says in words what is wrong with a text that is none.</summary>
internal static class CpuListParser
{
    private const string Syntax = "A CPU list is numbers and ranges separated by commas, a range with a stride if you like: \"0-3,8,10-14:2\".";

    /// <summary>Reads a list.</summary>
    /// <returns>The set; or null, with the error.</returns>
    public static CpuSet? Parse(string list, out string? error)
    {
        // On the stack and of full length: a list of a few characters may name the highest CPU, and no list makes it grow.
        Span<ulong> bits = stackalloc ulong[CpuSet.MaxWords];
        ReadOnlySpan<char> text = list.AsSpan().Trim();
        if (!text.IsEmpty)
        {
            foreach (Range part in text.Split(','))
            {
                string? fault = AddPart(text[part].Trim(), bits);
                if (fault is not null)
                {
                    error = $"\"{list}\" is no CPU list: {fault}. {Syntax}";
                    return null;
                }
            }
        }

        error = null;
        return CpuSet.FromWords(bits);
    }

    private static string? AddPart(ReadOnlySpan<char> part, Span<ulong> bits)
    {
        if (part.IsEmpty)
        {
            return "there is nothing between two commas, or before the first or after the last of them";
        }

        ReadOnlySpan<char> range = part;
        int stride = 1;
        int colon = part.IndexOf(':');
        if (colon >= 0)
        {
            range = part[..colon];
            if (!range.Contains('-'))
            {
                return $"\"{part}\" has a stride, and is no range";
            }

            if (Number(part[(colon + 1)..], out stride) is { } strideFault)
            {
                return strideFault;
            }

            if (stride == 0)
            {
                return $"the stride of \"{part}\" is 0";
            }
        }

        int dash = range.IndexOf('-');
        if (Number(dash < 0 ? range : range[..dash], out int first) is { } firstFault)
        {
            return firstFault;
        }

        int last = first;
        if (dash >= 0 && Number(range[(dash + 1)..], out last) is { } lastFault)
        {
            return lastFault;
        }

        if (last < first)
        {
            return $"the range \"{range}\" runs backwards";
        }

        for (int cpu = first; cpu <= last; cpu += stride)
        {
            bits[cpu / 64] |= 1UL << (cpu % 64);
        }

        return null;
    }

    // No number over the highest CPU's comes back, so that a stride added to a CPU number cannot overflow.
    private static string? Number(ReadOnlySpan<char> text, out int value)
    {
        text = text.Trim();
        value = 0;
        if (text.IsEmpty)
        {
            return "a number is missing";
        }

        if (text.ContainsAnyExceptInRange('0', '9'))
        {
            return $"\"{text}\" is no number";
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= CpuSet.MaxNumber
            ? null
            : $"{text} is over {CpuSet.MaxNumber}, the highest number allowed";
    }
}
