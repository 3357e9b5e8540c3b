using Spectre.Console;

namespace Dispatch.Examples.Quickstart;

/// <summary>A progress bar on standard error, where that is a terminal. It looks at the work from outside; the loops never wait for a terminal.</summary>
internal sealed class ProgressDisplay
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly IAnsiConsole? console = Console.IsErrorRedirected ? null : AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>Shows a bar for each part of the work until the work has ended.</summary>
    /// <typeparam name="T">The type of its result.</typeparam>
    /// <param name="work">The work.</param>
    /// <param name="parts">What each part is called, and how much of it is done, from 0 to 1.</param>
    /// <returns>Its result.</returns>
    public async Task<T> ShowAsync<T>(Task<T> work, params (string Name, Func<double> Done)[] parts)
    {
        if (console is not null)
        {
            await console.Progress().AutoClear(true).StartAsync(async context =>
            {
                ProgressTask[] bars = [.. parts.Select(part => context.AddTask(part.Name, maxValue: 1))];
                while (await Task.WhenAny(work, Task.Delay(Interval)) != work)
                {
                    for (int i = 0; i < bars.Length; i++)
                    {
                        bars[i].Value = parts[i].Done();
                    }
                }
            });
        }

        return await work;
    }
}
