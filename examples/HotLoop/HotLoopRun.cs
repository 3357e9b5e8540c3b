using System.Globalization;
using Spectre.Console;

namespace Dispatch.Examples.HotLoop;

/// <summary>The program: attaches a loop to the calling thread, measures, reports.</summary>
internal static class HotLoopRun
{
    private const int Measurements = 5;

    /// <summary>Runs it.</summary>
    /// <param name="time">How long, all in all.</param>
    /// <param name="kernel">The kernel interface.</param>
    /// <param name="printJson">Whether the last line is JSON.</param>
    /// <returns>The exit code.</returns>
    public static int Run(TimeSpan time, KernelKind kernel, bool printJson)
    {
        // From here on this thread owns the loop: it polls it, takes its completions, and disposes it.
        using EventLoop loop = EventLoop.Attach(new EventLoopOptions { Name = "hot", Kernel = kernel });
        TimeSpan part = time / Measurements;
        (double emptyPollNs, long emptyPolls, long emptyPollEnters) = EmptyPolls.Measure(loop, part);
        (double nopRoundTripNs, double nopInBatchNs) = NopRoundTrips.Measure(loop, part);
        Lateness timers = TimerLateness.Measure(loop, part);
        (double fileReadsPerSecond, double readsPerEnter) = FileReads.Measure(loop, part);
        Lateness messages = MessageLatency.Measure(loop, part);

        HotLoopReport report = new()
        {
            EmptyPollNs = Math.Round(emptyPollNs, 2),
            EmptyPolls = emptyPolls,
            EmptyPollEnters = emptyPollEnters,
            NopRoundTripNs = Math.Round(nopRoundTripNs, 1),
            NopInBatchNs = Math.Round(nopInBatchNs, 1),
            TimerLateness = timers,
            FileReadsPerSecond = Math.Round(fileReadsPerSecond),
            FileReadsPerEnter = Math.Round(readsPerEnter, 1),
            MessageLatency = messages,
        };
        Print(report);
        if (printJson)
        {
            ExampleProgram.PrintJson(report);
        }

        return 0;
    }

    private static void Print(HotLoopReport report)
    {
        Table table = new Table { Border = TableBorder.Simple }.AddColumn("measured").AddColumn(new TableColumn("figure").RightAligned()).AddColumn("unit");
        AddRow("empty poll", report.EmptyPollNs, "ns");
        AddRow($"kernel enters in {report.EmptyPolls.ToString("N0", CultureInfo.InvariantCulture)} empty polls", report.EmptyPollEnters, "enters");
        AddRow("NOP there and back, one at a time", report.NopRoundTripNs, "ns");
        AddRow($"NOP there and back, {NopRoundTrips.Batch} at a time", report.NopInBatchNs, "ns each");
        AddRow("timer lateness, p50", report.TimerLateness.P50Us, "µs");
        AddRow("timer lateness, p99", report.TimerLateness.P99Us, "µs");
        AddRow("timer lateness, most", report.TimerLateness.MaxUs, "µs");
        AddRow($"reads of {FileReads.BlockBytes} cached bytes, {FileReads.Depth} at a time", report.FileReadsPerSecond, "a second");
        AddRow("reads completed in an enter", report.FileReadsPerEnter, "reads");
        AddRow("message from another thread, p50", report.MessageLatency.P50Us, "µs");
        AddRow("message from another thread, p99", report.MessageLatency.P99Us, "µs");
        AnsiConsole.Write(table);

        void AddRow(string name, double figure, string unit) => table.AddRow(name, figure.ToString("#,0.##", CultureInfo.InvariantCulture), unit);
    }
}
