namespace Dispatch.Examples.Quickstart;

/// <summary>Lines over a connection of a loop. Everything happens on that loop.</summary>
internal sealed class ConnectionLines(Connection connection, LoopMeter meter) : LineChannel
{
    public override ValueTask FinishAsync() => meter.Measure(connection.ShutdownAsync());

    public override ValueTask DisposeAsync() => meter.Measure(connection.CloseAsync());

    protected override ValueTask<int> ReceiveAsync(Memory<byte> destination, CancellationToken cancellationToken) =>
        meter.Measure(connection.ReceiveAsync(destination, cancellationToken));

    protected override ValueTask SendAsync(ReadOnlyMemory<byte> data) => meter.Measure(connection.SendAsync(data));
}
