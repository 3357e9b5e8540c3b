using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>Received data as an asynchronous sequence. One enumeration at a time, as with every reader. Its awaits are the receive's own, so they resume on the owner and allocate nothing.</summary>
internal sealed class ReceivedLeases(Connection connection, CancellationToken outer) : IAsyncEnumerable<BufferLease>
{
    /// <inheritdoc/>
    public IAsyncEnumerator<BufferLease> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new Enumerator(connection, outer, cancellationToken);

    private sealed class Enumerator : IAsyncEnumerator<BufferLease>, IValueTaskSource<bool>
    {
        private readonly Connection connection;
        private readonly CancellationTokenSource? both;
        private readonly CancellationToken token;

        public Enumerator(Connection connection, CancellationToken outer, CancellationToken inner)
        {
            this.connection = connection;
            both = outer.CanBeCanceled && inner.CanBeCanceled && outer != inner ? CancellationTokenSource.CreateLinkedTokenSource(outer, inner) : null;
            token = both?.Token ?? (inner.CanBeCanceled ? inner : outer);
        }

        public BufferLease Current { get; private set; }

        private IValueTaskSource<BufferLease> Source => connection.Receiving.Await;

        public ValueTask<bool> MoveNextAsync()
        {
            Current.Dispose();
            Current = default;
            if (!connection.Engine.IsOwner)
            {
                return new(MoveNextElsewhereAsync());
            }

            ValueTask<BufferLease> next = connection.ReceiveAsync(token);
            return next.IsCompleted ? new(Take(next)) : new(this, connection.Receiving.AwaitVersion);
        }

        public ValueTask DisposeAsync()
        {
            Current.Dispose();
            Current = default;
            both?.Dispose();
            return default;
        }

        public ValueTaskSourceStatus GetStatus(short token) => Source.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => Source.OnCompleted(continuation, state, token, flags);

        public bool GetResult(short token)
        {
            Current = Source.GetResult(token);
            return !Current.IsEmpty;
        }

        private async Task<bool> MoveNextElsewhereAsync()
        {
            Current = await connection.ReceiveAsync(token).ConfigureAwait(false);
            return !Current.IsEmpty;
        }

        private bool Take(ValueTask<BufferLease> completed)
        {
            Current = completed.GetAwaiter().GetResult();
            return !Current.IsEmpty;
        }
    }
}
