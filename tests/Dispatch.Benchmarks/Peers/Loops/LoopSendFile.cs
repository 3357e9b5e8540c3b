namespace Dispatch.Benchmarks;

/// <summary>A file to a socket by <see cref="Connection.SendFileAsync"/>.</summary>
internal sealed class LoopSendFile : SendFileWorkload
{
    private readonly Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = KernelChoice.Kind, LoopCount = 1 });
    private readonly DispatchFile file;
    private readonly Connection connection;

    public LoopSendFile(string path)
    {
        file = DispatchFile.OpenAsync(path, null, dispatcher.Loops[0]).GetAwaiter().GetResult();
        connection = Connection.Adopt(Sender, dispatcher.Loops[0]);
    }

    public override void Dispose()
    {
        connection.CloseAsync().GetAwaiter().GetResult();
        file.CloseAsync().GetAwaiter().GetResult();
        base.Dispose();
        dispatcher.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    protected override long Send(long deadlineNs) => connection.Loop.InvokeAsync(() => SendAsync(deadlineNs)).GetAwaiter().GetResult();

    private async Task<long> SendAsync(long deadlineNs)
    {
        long sent = 0;
        while (WallClock.NowNs() < deadlineNs)
        {
            sent += await connection.SendFileAsync(file);
        }

        return sent;
    }
}
