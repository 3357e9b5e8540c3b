namespace Dispatch.Reactive;

/// <summary>
/// One subscription that has something to deliver on a loop. Who signals it and who runs it agree by one flag, the right to drain, of which there is one: whoever sets it sees to it that the loop comes by, and the loop clears it when
/// nothing is left. So nothing is ever delivered by two at a time.
/// </summary>
internal abstract class Drain(DrainQueue queue)
{
    /// <summary>Gets the loop's queue of subscriptions that are ready.</summary>
    public DrainQueue Queue => queue;

    /// <summary>Gets or sets the next one that is ready.</summary>
    public Drain? NextReady { get; set; }

    /// <summary>Delivers up to a number of items. Owner only.</summary>
    /// <param name="most">The most.</param>
    /// <param name="done">How many were delivered.</param>
    /// <returns>
    /// Whether to come by again: at once if it was as many as allowed, else in the next turn, because what has just brought something soon brings more, and finds the loop coming anyway, without a message. If not, the right to drain has been given up.
    /// </returns>
    public abstract bool Run(int most, out int done);

    /// <summary>The loop is ending: delivers what is there now, and the end. Owner only.</summary>
    public abstract void RunLast();

    /// <summary>The loop has gone: tells the observer. Whoever has the right to drain.</summary>
    public abstract void EndWithoutLoop();
}
