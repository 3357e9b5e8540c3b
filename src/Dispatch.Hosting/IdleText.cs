using System.Globalization;

namespace Dispatch.Hosting;

/// <summary>Idle strategies as a configuration writes them: <c>Park</c>, <c>Spin</c>, <c>Yield</c>, <c>SpinThenPark(2000)</c>, <c>SpinThenPark(2000, 10)</c>.</summary>
internal static class IdleText
{
    private const string SpinThenPark = nameof(IdleStrategy.SpinThenPark);

    /// <summary>Reads one.</summary>
    public static IdleStrategy Parse(string text)
    {
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        return Is(rest, nameof(IdleStrategy.Park)) ? IdleStrategy.Park
            : Is(rest, nameof(IdleStrategy.Spin)) ? IdleStrategy.Spin
            : Is(rest, nameof(IdleStrategy.Yield)) ? IdleStrategy.Yield
            : rest.StartsWith(SpinThenPark, StringComparison.OrdinalIgnoreCase) ? ParseNumbers(rest[SpinThenPark.Length..].Trim())
            : throw Unreadable();
    }

    private static IdleStrategy ParseNumbers(ReadOnlySpan<char> numbers)
    {
        if (numbers is not ['(', .. var inside, ')'])
        {
            throw Unreadable();
        }

        int comma = inside.IndexOf(',');
        return comma < 0
            ? IdleStrategy.SpinThenPark(Number(inside))
            : IdleStrategy.SpinThenPark(Number(inside[..comma]), Number(inside[(comma + 1)..]));
    }

    private static int Number(ReadOnlySpan<char> text) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : throw Unreadable();

    private static bool Is(ReadOnlySpan<char> text, string name) => text.Equals(name, StringComparison.OrdinalIgnoreCase);

    private static FormatException Unreadable() => new("one of Park, Spin, Yield, SpinThenPark(SPINS), SpinThenPark(SPINS, YIELDS) is needed.");
}
