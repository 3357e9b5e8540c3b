using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace Dispatch.Benchmarks;

/// <summary>
/// A program that is talked to line by line over its standard input and output, kept on one CPU if so asked. It ends when its input does.
/// Used by one caller at a time.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Process process;
    private readonly Task<string> errors;
    private readonly string name;

    private ChildProcess(Process process, string name)
    {
        this.process = process;
        this.name = name;
        errors = process.StandardError.ReadToEndAsync();
    }

    public int ProcessId => process.Id;

    public static ChildProcess Start(ProcessStartInfo start, int? cpu)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        string name = Path.GetFileName(start.FileName);
        try
        {
            // The child inherits the CPU of the thread that starts it, so nothing may be awaited in between.
            using (cpu is { } number ? CpuPin.Enter(number) : default)
            {
                return new ChildProcess(Process.Start(start)!, name);
            }
        }
        catch (Win32Exception exception)
        {
            throw new ContenderFailedException($"{name}: {exception.Message}");
        }
    }

    /// <summary>What the child has used so far.</summary>
    public async Task<ProcessSample> SampleAsync()
    {
        try
        {
            return ProcessSample.Take(process.Id);
        }
        catch (Exception exception) when (exception is Win32Exception or IOException)
        {
            throw await EndedAsync();
        }
    }

    /// <summary>For when another child has failed that depends on this one: throws if this one has ended, for then that is the cause.</summary>
    public async Task ThrowIfEndedAsync()
    {
        if (process.HasExited)
        {
            throw await EndedAsync();
        }
    }

    /// <summary>Sends one line and reads the JSON object that answers it.</summary>
    public async Task<Window> AskAsync(string line, TimeSpan workTime, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.WriteLineAsync(line.AsMemory(), cancellationToken);
            await process.StandardInput.FlushAsync(cancellationToken);
        }
        catch (IOException)
        {
            throw await EndedAsync();
        }

        string answer = await ReadLineAsync(workTime, cancellationToken);
        try
        {
            return JsonSerializer.Deserialize(answer, WindowJson.Default.Window)!;
        }
        catch (JsonException)
        {
            throw new ContenderFailedException($"{name} answered \"{answer}\"");
        }
    }

    /// <summary>Reads a line, for which the child may take <paramref name="workTime"/> and some patience.</summary>
    public async Task<string> ReadLineAsync(TimeSpan workTime, CancellationToken cancellationToken)
    {
        try
        {
            return await process.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(workTime + Patience, cancellationToken)
                ?? throw await EndedAsync();
        }
        catch (TimeoutException)
        {
            throw new ContenderFailedException($"{name} did not answer for {(workTime + Patience).TotalSeconds:F0} s");
        }
    }

    public async ValueTask DisposeAsync()
    {
        using (process)
        {
            try
            {
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // The pipe is broken because the child has ended, which is what closing it is for.
            }

            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(3));
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
    }

    private async Task<ContenderFailedException> EndedAsync()
    {
        await process.WaitForExitAsync();
        string lastWords = (await errors).Trim();
        return new ContenderFailedException($"{name} ended with exit code {process.ExitCode}: {(lastWords.Length == 0 ? "no message" : lastWords)}");
    }
}
