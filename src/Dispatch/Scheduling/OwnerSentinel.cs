namespace Dispatch;

/// <summary>
/// Lives in a thread-static slot of a thread that owns an attached loop. When the thread ends without disposing the loop, the slot goes with it, and the next collection's
/// finalizer reports the loop as orphaned, so that its requests still get their terminal completions.
/// </summary>
internal sealed class OwnerSentinel
{
    [ThreadStatic]
    private static OwnerSentinel? mine;

    private readonly LoopLife life;

    private OwnerSentinel(LoopLife life) => this.life = life;

    /// <summary>Finalizes an instance of the <see cref="OwnerSentinel"/> class.</summary>
    /// <remarks>The thread is gone.</remarks>
    ~OwnerSentinel() => life.OnOwnerGone();

    /// <summary>Puts one on the calling thread.</summary>
    public static void Place(LoopLife life) => mine = new OwnerSentinel(life);

    /// <summary>Takes the calling thread's away: its loop was disposed.</summary>
    public static void Remove()
    {
        if (mine is { } sentinel)
        {
            GC.SuppressFinalize(sentinel);
            mine = null;
        }
    }
}
