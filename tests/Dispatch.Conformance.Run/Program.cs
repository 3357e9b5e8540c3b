namespace Dispatch.Conformance;

/// <summary>The long run: every scenario of the suite on the simulated kernel, with as many seeds as there is time for, then what was covered.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (!LongRunOptions.TryParse(arguments, out LongRunOptions options, out string? error))
        {
            Console.Error.WriteLine(error);
            Console.Error.WriteLine(LongRunOptions.Usage);
            return 2;
        }

        return new LongRun(options, Console.Out).Run();
    }
}
