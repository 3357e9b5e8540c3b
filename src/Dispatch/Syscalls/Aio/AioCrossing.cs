namespace Dispatch;

/// <summary>A call of an <see cref="AioContext"/> by another thread, which waits until the owner has made it: the caller may close the descriptors and reuse the control blocks afterwards, as with the kernel's.</summary>
internal sealed class AioCrossing(AioContext context, Func<int> work)
{
    private readonly ManualResetEventSlim done = new();
    private Exception? failure;
    private int result;

    /// <summary>Has the owner do the work, and waits for it.</summary>
    public int Run()
    {
        context.Loop.Engine.Posted.Post(static s => ((AioCrossing)s!).OnOwner(), this);
        done.Wait();
        done.Dispose();
        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }

        return result;
    }

    private void OnOwner()
    {
        try
        {
            ObjectDisposedException.ThrowIf(!context.Loop.Engine.IsOwner, context.Loop); // Left over from a loop that has ended.
            result = work();
        }
        catch (Exception e)
        {
            failure = e; // The caller's, who waits.
        }

        done.Set();
    }
}
