using System.Globalization;

namespace Dispatch.Conformance;

/// <summary>What the command line asks for.</summary>
internal sealed record LongRunOptions
{
    public const string Usage = """
        Runs every scenario of the conformance suite on the simulated kernel, seed after seed, and tells how often each kind of fault struck each kind of request.
          --seeds N       seeds of each scenario in a round (default 1000)
          --minutes M     rounds of new seeds until this time has passed (default: one round)
          --first S       the first seed (default 1)
          --only TEXT     only scenarios whose name contains it
        Exit code 1 when a scenario failed; the seed is in the message, and repeats it.
        """;

    public int Seeds { get; private init; } = SeedPlan.Usual;

    public double Minutes { get; private init; }

    public long First { get; private init; } = 1;

    public string Only { get; private init; } = string.Empty;

    public static bool TryParse(string[] arguments, out LongRunOptions options, out string? error)
    {
        options = new LongRunOptions();
        error = null;
        for (int i = 0; i < arguments.Length; i += 2)
        {
            string value = i + 1 < arguments.Length ? arguments[i + 1] : string.Empty;
            switch (arguments[i])
            {
                case "--seeds" when int.TryParse(value, CultureInfo.InvariantCulture, out int seeds) && seeds > 0:
                    options = options with { Seeds = seeds };
                    break;
                case "--minutes" when double.TryParse(value, CultureInfo.InvariantCulture, out double minutes) && minutes >= 0:
                    options = options with { Minutes = minutes };
                    break;
                case "--first" when long.TryParse(value, CultureInfo.InvariantCulture, out long first):
                    options = options with { First = first };
                    break;
                case "--only" when value.Length != 0:
                    options = options with { Only = value };
                    break;
                default:
                    error = $"'{arguments[i]} {value}' is not understood.";
                    return false;
            }
        }

        return true;
    }
}
