namespace Dispatch;

/// <summary>What a <see cref="Chain"/> is to do at one place: a request that is known, or one that a function makes of what came before.</summary>
internal readonly struct ChainStep
{
    private readonly IoRequest request;
    private readonly Func<long, IoRequest>? next;
    private readonly Func<Chain, IoRequest?>? last;

    public ChainStep(in IoRequest request) => this.request = request;

    public ChainStep(Func<long, IoRequest> next) => this.next = next;

    public ChainStep(Func<Chain, IoRequest?> last)
    {
        this.last = last;
        IsAlways = true;
    }

    /// <summary>Gets a value indicating whether it is done although a step before it failed.</summary>
    public bool IsAlways { get; }

    /// <summary>Says what is to be done; null for nothing. Runs user code.</summary>
    public IoRequest? Make(Chain chain, long previous) => next is not null ? next(previous) : last is not null ? last(chain) : request;
}
