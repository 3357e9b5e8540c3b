using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Dispatch.Benchmarks;

/// <summary>fio(1) with its io_uring engine: direct random 4 KiB reads. A process a window; its start is not part of what it reports.</summary>
internal sealed class FioContender(string name, string file, int depth, int cpu) : IContender
{
    public string Name => name;

    public IReadOnlyList<int> ProcessIds => [];

    public async Task StartAsync(CancellationToken cancellationToken) => await RunFio(["--version"], cancellationToken);

    public async Task<Window> MeasureAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        string[] arguments =
        [
            "--name=reads",
            $"--filename={file}",
            "--rw=randread",
            "--bs=4k",
            "--direct=1",
            "--ioengine=io_uring",
            string.Create(CultureInfo.InvariantCulture, $"--iodepth={depth}"),
            "--norandommap",
            "--randrepeat=0",
            "--time_based",
            string.Create(CultureInfo.InvariantCulture, $"--runtime={length.TotalMilliseconds:F0}ms"),
            "--output-format=json",
        ];
        using JsonDocument report = JsonDocument.Parse(await RunFio(arguments, cancellationToken));
        JsonElement job = report.RootElement.GetProperty("jobs")[0];
        JsonElement read = job.GetProperty("read");
        long wallNs = read.GetProperty("runtime").GetInt64() * 1_000_000;
        double cpuPercent = job.GetProperty("usr_cpu").GetDouble() + job.GetProperty("sys_cpu").GetDouble();
        return new Window
        {
            Operations = read.GetProperty("total_ios").GetInt64(),
            WallNs = wallNs,
            CpuNs = (long)(wallNs * cpuPercent / 100),
        };
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static Process Start(ProcessStartInfo start, int cpu)
    {
        using (CpuPin.Enter(cpu))
        {
            return Process.Start(start)!;
        }
    }

    private async Task<string> RunFio(string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("fio", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process fio;
        try
        {
            fio = Start(start, cpu);
        }
        catch (Win32Exception)
        {
            throw new ContenderMissingException("fio is not installed");
        }

        using (fio)
        {
            Task<string> errors = fio.StandardError.ReadToEndAsync(cancellationToken);
            string output = await fio.StandardOutput.ReadToEndAsync(cancellationToken);
            await fio.WaitForExitAsync(cancellationToken);
            return fio.ExitCode == 0 ? output : throw new ContenderFailedException($"fio: {(await errors).Trim()}");
        }
    }
}
