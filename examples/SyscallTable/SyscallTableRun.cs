using System.Globalization;
using Dispatch.Examples.SyscallTable.Probing;
using Spectre.Console;

namespace Dispatch.Examples.SyscallTable;

/// <summary>The program: probes, and prints.</summary>
internal static class SyscallTableRun
{
    public static int Run(bool calls, bool json)
    {
        if (calls)
        {
            PrintCalls(json);
        }
        else
        {
            PrintOperations(json);
        }

        return 0;
    }

    private static void PrintOperations(bool json)
    {
        using ProbeWorld world = new();
        IReadOnlyList<ProbeResult> results = [.. OperationProbes.All.Select(p => Prober.Run(p, world))];
        if (json)
        {
            ExampleProgram.PrintJson(new { kernel = Environment.OSVersion.Version.ToString(), operations = results });
            return;
        }

        Table table = new Table().AddColumns("operation", "what was made", "where it ran", "result");
        foreach (ProbeResult result in results)
        {
            table.AddRow(result.Operation, Markup.Escape(result.Made), Words(result.Where), Markup.Escape(result.Result));
        }

        AnsiConsole.Write(table);
    }

    private static void PrintCalls(bool json)
    {
        if (json)
        {
            ExampleProgram.PrintJson(new { calls = SystemCallInfo.All.Select(c => new { c.Number, c.Name, Class = c.Class.ToString(), c.CanWaitForEver, Interruption = c.Interruption.ToString(), c.MakesDescriptor, Context = c.Context.ToString(), c.Reason }) });
            return;
        }

        Table table = new Table().AddColumns("number", "call", "class", "waits for ever", "why");
        foreach (SystemCallInfo call in SystemCallInfo.All)
        {
            table.AddRow(call.Number.ToString(CultureInfo.InvariantCulture), call.Name, call.Class.ToString(), call.CanWaitForEver ? "can" : string.Empty, Markup.Escape(call.Reason));
        }

        AnsiConsole.Write(table);
    }

    private static string Words(RunPlace place) => place switch
    {
        RunPlace.Inline => "[green]inline[/]",
        RunPlace.Asynchronous => "[blue]asynchronously[/]",
        RunPlace.KernelWorker => "[yellow]on a kernel worker[/]",
        RunPlace.Missing => "[red]not at all[/]",
        _ => "not probed",
    };
}
