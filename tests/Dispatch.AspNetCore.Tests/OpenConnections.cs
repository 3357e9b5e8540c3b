using Microsoft.AspNetCore.Connections;

namespace Dispatch.AspNetCore.Tests;

/// <summary>The connections that a server has open: whoever forgets to close one keeps them from ever being none.</summary>
internal sealed class OpenConnections
{
    private readonly Lock sync = new();
    private TaskCompletionSource none = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int open;

    /// <summary>Gets how many there have been.</summary>
    public int Seen { get; private set; }

    /// <summary>Gets a task that ends when there have been some, and none is left.</summary>
    public Task None
    {
        get
        {
            lock (sync)
            {
                return none.Task;
            }
        }
    }

    /// <summary>Counts the connections of an end point.</summary>
    public ConnectionDelegate Count(ConnectionDelegate next) => async connection =>
    {
        lock (sync)
        {
            Seen++;
            if (open++ == 0 && none.Task.IsCompleted)
            {
                none = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        try
        {
            await next(connection);
        }
        finally
        {
            lock (sync)
            {
                if (--open == 0)
                {
                    none.TrySetResult();
                }
            }
        }
    };
}
