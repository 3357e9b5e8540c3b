using System.Runtime.ExceptionServices;

namespace Dispatch;

/// <summary>The graceful end of a dispatcher. Runs off the loops, so that a loop that answers no more can be named instead of waited for.</summary>
internal static class DispatcherDrain
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(2);

    public static Task<DrainReport> RunAsync(EventLoop[] loops, List<Server> servers, CancellationTokenSource stopping, TimeSpan deadline)
    {
        OffLoop offLoop = loops[0].Engine.Ring.OffLoop;
        TimeProvider clock = offLoop.Clock;
        return offLoop.Start(async () =>
        {
            long start = clock.GetTimestamp();
            if (DispatchEventSource.Log.IsEnabled())
            {
                DispatchEventSource.Log.DrainStarted(loops.Length, loops[0].Name, deadline.TotalMilliseconds);
            }

            try
            {
                await offLoop.CancelAsync(stopping);
            }
            catch (AggregateException e)
            {
                // A callback on Stopping threw. That is user code like any other: it goes to the policy, and the drain goes on.
                loops[0].Engine.Posted.TryPost(static (s, _) => ExceptionDispatchInfo.Throw((Exception)s!), e, 0);
            }

            Task serversDone = Task.WhenAll(servers.Select(s => s.StopAsync(deadline)));
            await Task.WhenAny(serversDone, Task.Delay(deadline, clock));
            while (loops.Any(IsBusy) && clock.GetElapsedTime(start) < deadline)
            {
                await Task.Delay(Look, clock);
            }

            bool finished = serversDone.IsCompleted && !loops.Any(IsBusy);
            int left = loops.Sum(l => l.Engine.UserInFlight);
            foreach (EventLoop loop in loops)
            {
                loop.RequestStop(null);
            }

            List<string> unfinished = [];
            foreach (EventLoop loop in loops)
            {
                // The loop itself waits for terminal completions; past that, something on its thread does not return.
                Task ended = await Task.WhenAny(loop.Completed, Task.Delay(loop.Life.Grace + AnswerTime, clock));
                if (ended == loop.Completed)
                {
                    unfinished.AddRange(loop.Life.Unfinished);
                }
                else
                {
                    unfinished.Add($"{loop.Name} does not answer: code on its thread blocks or does not return");
                }
            }

            DrainReport report = new(finished, clock.GetElapsedTime(start), left, unfinished);
            if (DispatchEventSource.Log.IsEnabled())
            {
                DispatchEventSource.Log.DrainEnded(loops[0].Name, report.Elapsed.TotalMilliseconds, finished, left, string.Join("; ", unfinished));
            }

            return report;
        });
    }

    private static bool IsBusy(EventLoop loop) => !loop.Completed.IsCompleted && (loop.Engine.UserInFlight > 0 || loop.Engine.Inbox.Count > 0);
}
