using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Runtime.CompilerServices;

namespace Dispatch.Reactive.Tests;

/// <summary>One run of a random query, with the last step always on the loop, and an observer that lets go or throws where the program says.</summary>
internal sealed class FuzzRun
{
    public const string Thrown = "thrown by the observer";

    private static readonly TimeSpan Unit = TimeSpan.FromMicroseconds(300);

    private readonly FuzzProgram program;
    private readonly EventLoop loop;
    private readonly IScheduler sourceScheduler;
    private readonly EventLoop sourceLoop;
    private readonly Watcher<int> watcher;
    private bool threw;
    private bool letGo;
    private volatile bool over;

    public FuzzRun(FuzzProgram program, EventLoop loop, EventLoop sourceLoop, IScheduler sourceScheduler)
    {
        this.program = program;
        this.loop = loop;
        this.sourceLoop = sourceLoop;
        this.sourceScheduler = sourceScheduler;
        watcher = new Watcher<int>(OnNext, loop);
    }

    /// <summary>Gets a value indicating whether nothing may come any more.</summary>
    public bool IsOver => over || watcher.HasEnded;

    /// <summary>Subscribes. On the loop.</summary>
    public void Start()
    {
        IObservable<int> query = Source();
        foreach (int number in program.Operators)
        {
            query = Operator(query, number);
        }

        watcher.Subscription = query.Take(program.Items + 1000).ObserveOn(loop).Subscribe(watcher);
        if (letGo)
        {
            watcher.Dispose();
        }
    }

    /// <summary>Checks what came.</summary>
    public void Verify()
    {
        Assert.True(watcher.Breaches.Count == 0, $"{program}: {string.Join(", ", watcher.Breaches)}");
        Assert.True(!(threw || letGo) || !watcher.HasEnded, $"{program}: an end after the observer let go or threw.");
    }

    public override string ToString() => $"{string.Join(' ', watcher.Items)} {(watcher.IsCompleted ? "completed" : watcher.Error?.GetType().Name)}";

    private static async IAsyncEnumerable<int> Numbers(int count, bool fails, [EnumeratorCancellation] CancellationToken token = default)
    {
        for (int i = 0; i < count; i++)
        {
            if (i % 4 == 1)
            {
                await Task.Yield();
            }

            token.ThrowIfCancellationRequested();
            yield return i;
        }

        if (fails)
        {
            throw new InvalidOperationException("the source");
        }
    }

    private void OnNext(int item)
    {
        int count = watcher.Items.Count - 1;
        if (count == program.ThrowAt)
        {
            threw = true;
            over = true;
            throw new InvalidDataException(Thrown);
        }

        if (count == program.DisposeAt)
        {
            letGo = true;
            over = true;
            if (watcher.Subscription is not null)
            {
                watcher.Dispose();
            }
        }
    }

    private IObservable<int> Source() => program.Source switch
    {
        0 => Observable.Range(0, program.Items, sourceScheduler),
        1 => Observable.Interval(Unit, sourceScheduler).Select(i => (int)i).Take(program.Items),
        2 => Observable.Range(0, program.Items, sourceScheduler).Concat(Observable.Throw<int>(new InvalidOperationException("the source"))),
        3 => Numbers(program.Items, fails: false).ToObservable(sourceLoop),
        4 => Numbers(program.Items, fails: true).ToObservable(sourceLoop),
        _ => Observable.Range(0, program.Items, ImmediateScheduler.Instance).SubscribeOn(sourceLoop),
    };

    private IObservable<int> Operator(IObservable<int> source, int number) => number switch
    {
        0 => source.ObserveOn(loop),
        1 => source.ObserveOn(sourceLoop),
        2 => source.SubscribeOn(loop),
        3 => source.Delay(Unit, loop.AsScheduler()),
        4 => source.Buffer(Unit * 3, 4, loop.AsScheduler()).SelectMany(b => b),
        5 => source.Throttle(Unit / 2, loop.AsScheduler()),
        6 => source.Sample(Unit * 2, loop.AsScheduler()),
        7 => source.Timeout(Unit * 50, loop.AsScheduler()),
        8 => source.Merge(Observable.Interval(Unit, loop.AsScheduler()).Take(10).Select(i => (int)i)),
        9 => source.Select(i => i == 30 ? throw new InvalidOperationException("the selector") : i),
        10 => source.ObserveOn(loop, 5, OverflowMode.DropOldest),
        _ => source.ObserveOn(loop, 200, OverflowMode.Fail).Retry(2),
    };
}
