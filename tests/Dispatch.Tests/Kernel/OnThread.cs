using System.Runtime.ExceptionServices;

namespace Dispatch.Tests.Kernel;

/// <summary>A thread of its own, because rings belong to theirs; what it throws fails the test.</summary>
internal sealed class OnThread
{
    private readonly Thread thread;
    private Exception? failure;

    private OnThread(Action body)
    {
        thread = new Thread(() =>
        {
            try
            {
                body();
            }
            catch (Exception e)
            {
                failure = e;
            }
        })
        {
            IsBackground = true,
        };
        thread.Start();
    }

    public static OnThread Start(Action body) => new(body);

    public static void Run(Action body) => Start(body).Join();

    public void Join()
    {
        Assert.True(thread.Join(RawRing.Guard), "The thread did not end.");
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }
}
