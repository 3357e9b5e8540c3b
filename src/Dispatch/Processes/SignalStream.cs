using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// Signals of the process, as a stream. While somebody consumes, the signals named do not do what they do by default (end the process, say); afterwards they do again. <c>signal(7)</c>.
/// </summary>
/// <remarks>
/// <para>The runtime takes a signal on a thread of its own and tells the owner through its inbox: <c>signalfd(2)</c> would need the signal blocked in every thread of the process, which no library can promise. So a signal is one of the hand-offs that
/// <see cref="LoopStatistics.HandOffs"/> counts, and the runtime, not Dispatch, allocates for it.</para>
/// <para>As in the kernel, a signal that comes again before it was taken counts once; so no signal is lost, and nothing piles up. Others of the process that handle the same signal are told too. A signal that was ignored when the process began (SIGHUP under <c>nohup(1)</c>) stays ignored: the runtime respects that, and none comes. One that is on its way when the last consumer goes has its default action: keep a
/// subscription for as long as any may come. Ends with <c>OnCompleted</c> when the loop ends.</para>
/// </remarks>
public sealed class SignalStream : LoopStream<PosixSignal>
{
    private readonly PosixSignal[] signals;
    private readonly int[] pending;
    private readonly PosixSignalRegistration?[] registrations;

    private SignalStream(LoopEngine engine, PosixSignal[] signals)
        : base(engine, 0, StreamOverflow.Pause)
    {
        this.signals = signals;
        pending = new int[signals.Length];
        registrations = new PosixSignalRegistration?[signals.Length];
    }

    /// <summary>Makes a stream of signals. They are handled from the moment when somebody consumes. Any thread.</summary>
    /// <param name="loop">The loop that will own it; null for the calling thread's.</param>
    /// <param name="signals">Which; at least one. A number above 0 is the system's own.</param>
    /// <returns>The stream.</returns>
    /// <exception cref="NotSupportedException">The loop's kernel has no processes (the simulated one).</exception>
    public static SignalStream Of(EventLoop? loop, params ReadOnlySpan<PosixSignal> signals)
    {
        if (signals.IsEmpty)
        {
            throw new ArgumentException("Name at least one signal.", nameof(signals));
        }

        LoopEngine engine = EventLoop.Required(loop).Engine;
        engine.Ring.Calls.VerifyProcesses("Signals");
        HashSet<PosixSignal> distinct = [.. signals];
        return new(engine, [.. distinct]);
    }

    /// <inheritdoc/>
    private protected override void Prepare()
    {
        base.Prepare();

        // At once and not in a later turn: who has subscribed relies on the signal's not ending the process any more.
        for (int i = 0; i < signals.Length; i++)
        {
            registrations[i] ??= Register(i);
        }
    }

    /// <inheritdoc/>
    private protected override void OnResume() => Deliver();

    /// <inheritdoc/>
    private protected override void OnSuspend()
    {
        if (IsConsumed)
        {
            return;
        }

        for (int i = 0; i < registrations.Length; i++)
        {
            registrations[i]?.Dispose();
            registrations[i] = null;
        }
    }

    private PosixSignalRegistration Register(int index) => PosixSignalRegistration.Create(signals[index], context =>
    {
        context.Cancel = true;
        if (Interlocked.Exchange(ref pending[index], 1) == 0)
        {
            Engine.Posted.TryPost(static (s, _) => ((SignalStream)s!).DeliverFromInbox(), this, 0);
        }
    });

    private void DeliverFromInbox()
    {
        if (Engine.IsOwner)
        {
            Engine.CountHandOff();
            Deliver();
        }
    }

    private void Deliver()
    {
        for (int i = 0; i < signals.Length && HasRoom; i++)
        {
            if (Interlocked.Exchange(ref pending[i], 0) != 0)
            {
                Push(signals[i]);
            }
        }
    }
}
