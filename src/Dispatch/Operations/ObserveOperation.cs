namespace Dispatch;

/// <summary>One observed request: every completion goes to the observer, on the owner. Pooled.</summary>
internal sealed class ObserveOperation : Operation
{
    private IObserver<Completion>? observer;
    private uint fileIndex;
    private IOrphanResults? results;

    public ObserveOperation(LoopEngine engine)
        : base(engine)
    {
    }

    /// <inheritdoc/>
    public override object? Observer => observer;

    /// <summary>Takes the request over and stages it.</summary>
    public void Begin(in IoRequest request, IObserver<Completion> observer)
    {
        if (request.IsBare)
        {
            StartEntry(request.Entry);
        }
        else
        {
            BeginWithReferences(request);
        }

        this.observer = observer;
        fileIndex = request.MadeSlot;
        results = request.Extras?.Results;
    }

    /// <summary>Disposes of a completion that nobody takes.</summary>
    public void DisposeOrphan(in CompletionEntry entry) => Orphans.Dispose(Engine, Opcode, fileIndex, results, entry);

    /// <summary>Nothing more goes to the observer; the kernel is asked to end the request.</summary>
    public void Unsubscribe()
    {
        observer = null;
        RequestCancel();
    }

    /// <inheritdoc/>
    protected override void OnCompletion(in CompletionEntry entry, bool terminal)
    {
        IObserver<Completion>? target = observer;
        if (target is null)
        {
            DisposeOrphan(entry);
            if (terminal)
            {
                Engine.ObservePool.Return(this);
            }
        }
        else if (terminal)
        {
            // The object serves again before user code runs: an observer may submit its next request from here.
            observer = null;
            Engine.ObservePool.Return(this);
            target.OnNext(Completion.Of(0, entry));
            target.OnCompleted();
            Engine.Scope.Restore();
        }
        else
        {
            DeliverItem(target, entry);
        }
    }

    private void DeliverItem(IObserver<Completion> target, in CompletionEntry entry)
    {
        uint generation = Generation;
        bool survived = false;
        try
        {
            target.OnNext(Completion.Of(0, entry));
            survived = true;
        }
        finally
        {
            // An observer that threw has ended its own subscription and nobody else's. The exception goes on to the loop's policy.
            if (!survived && Generation == generation)
            {
                Unsubscribe();
            }

            Engine.Scope.Restore();
        }
    }

    private void BeginWithReferences(in IoRequest request)
    {
        try
        {
            Start(request);
        }
        catch
        {
            Engine.ObservePool.Return(this);
            throw;
        }
    }
}
