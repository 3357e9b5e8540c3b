using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Dispatch.Examples.Echo;

/// <summary>
/// The echo as an observer a connection: what is received is sent from OnNext, and nobody waits. A peer that does not take its answers is not read from until it has: each
/// answer on its way keeps a buffer that others need too. Everything happens on the loop that owns the connection.
/// </summary>
internal sealed class EchoObserver : IObserver<BufferLease>
{
    private const int MostUnsent = 16;

    private readonly Connection connection;
    private readonly Queue<ValueTaskAwaiter> unsent = new(); // They end in the order in which they began.
    private readonly Action onSent;
    private readonly TaskCompletionSource ended = new();
    private IDisposable? subscription;
    private bool isFinished;
    private Exception? failure;

    private EchoObserver(Connection connection)
    {
        this.connection = connection;
        onSent = OnSent; // One delegate a connection, so that a send allocates nothing.
    }

    /// <summary>Sends back what comes, until the peer has finished sending or the server stops.</summary>
    /// <param name="connection">The connection; it is closed when this ends.</param>
    /// <param name="stopping">Ends it when what was received is sent.</param>
    /// <returns>A task that ends with the connection.</returns>
    public static async Task ServeAsync(Connection connection, CancellationToken stopping)
    {
        EchoObserver observer = new(connection);
        observer.subscription = connection.Received.Subscribe(observer);
        using CancellationTokenRegistration registration = stopping.UnsafeRegister(
            static o => ((EchoObserver)o!).connection.Loop.Post(((EchoObserver)o).Stop),
            observer);
        await observer.ended.Task;
    }

    public void OnNext(BufferLease value)
    {
        Follow(connection.SendAsync(value)); // The send keeps the buffer; the lease ends when this returns.
        if (unsent.Count == MostUnsent)
        {
            subscription?.Dispose();
            subscription = null;
        }
    }

    public void OnCompleted() => Finish(null);

    public void OnError(Exception error) => Finish(error);

    private void Follow(ValueTask sending)
    {
        ValueTaskAwaiter awaiter = sending.GetAwaiter();
        unsent.Enqueue(awaiter);
        awaiter.UnsafeOnCompleted(onSent);
    }

    private void OnSent()
    {
        try
        {
            unsent.Dequeue().GetResult();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            Finish(e);
        }

        if (isFinished)
        {
            EndIfSent();
        }
        else if (subscription is null && unsent.Count == 0)
        {
            subscription = connection.Received.Subscribe(this);
        }
    }

    private void Stop() => Finish(null);

    private void Finish(Exception? error)
    {
        isFinished = true;
        failure ??= error;
        subscription?.Dispose();
        subscription = null;
        EndIfSent();
    }

    private void EndIfSent()
    {
        if (unsent.Count != 0)
        {
            return;
        }

        if (failure is null)
        {
            ended.TrySetResult();
        }
        else
        {
            ended.TrySetException(failure);
        }
    }
}
