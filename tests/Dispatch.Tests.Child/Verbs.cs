using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Dispatch.Tests.Child;

/// <summary>What the process does.</summary>
internal static class Verbs
{
    /// <summary>Gets or sets the kernel of the loops.</summary>
    public static KernelKind Kernel { get; set; }

    /// <summary>Gets or sets the file that has a list's words.</summary>
    public static string Words { get; set; } = string.Empty;

    public static int Run(string verb) => verb switch
    {
        "attach" => Attach(),
        "check" => Check(),
        "many-loops" => ManyLoops(),
        "ring-after-ring" => RingAfterRing(),
        "exit-in-flight" => ExitInFlight(),
        "exit-in-flight-attached" => ExitInFlightAttached(),
        "exit-in-fifo" => ExitInFifo(),
        "exit-in-thousands" => ExitInThousands(),
        "park" => Park(),
        "park-and-drain" => ParkAndDrain(),
        "throw" => Throw(),
        "wait-word" => WordWaiter.Run(Words),
        _ => throw new ArgumentException($"There is no verb '{verb}'."),
    };

    /// <summary>All three ways to ask whether there is a ring, and the exception of one who did not ask.</summary>
    private static int Check()
    {
        Say("dispatcher", Dispatcher.IsSupported);
        KernelSupport support = KernelSupport.Check();
        Say("supported", support.IsSupported);
        Say("reason", support.Reason);
        Say("message", support.Message);
        Say("remedy", support.Remedy);
        try
        {
            using EventLoop loop = EventLoop.Attach();
            Say("attached", loop.Name);
            Say("kernel", loop.Report.Kernel);
            Say("refused", string.Join(" / ", loop.Report.RefusedFlags));
            loop.Submit(IoRequest.Nop(), 1);
            while (!loop.TryTake(out _))
            {
            }
        }
        catch (KernelUnavailableException e)
        {
            Say("thrown", e.Reason);
            Say("thrown-message", e.Message);
            Say("thrown-remedy", e.Remedy);
        }

        return 0;
    }

    /// <summary>One loop on the kernel that was asked for, and a request on it; or why not.</summary>
    private static int Attach()
    {
        try
        {
            using EventLoop loop = EventLoop.Attach(new EventLoopOptions { Kernel = Kernel, SubmissionEntries = 16, CompletionEntries = 32 });
            loop.Submit(IoRequest.Nop(), 1);
            while (!loop.TryTake(out _))
            {
            }

            Say("attached", loop.Report.Kernel);
        }
        catch (KernelUnavailableException e)
        {
            Say("thrown", e.Reason);
            Say("message", e.Message);
            Say("remedy", e.Remedy);
        }

        return 0;
    }

    /// <summary>More loops than there are descriptors; then at once a few, because nothing is left of those that began.</summary>
    private static int ManyLoops()
    {
        Say("warm", KernelSupport.Check().IsSupported);
        try
        {
            Dispatcher.Create(new DispatcherOptions { LoopCount = 200 });
            Say("created", true);
        }
        catch (KernelUnavailableException e)
        {
            Say("thrown", e.Reason);
            Say("thrown-message", e.Message);
        }

        Dispatcher few = Dispatcher.Create(new DispatcherOptions { LoopCount = 2, Kernel = Kernel });
        Say("nop", few.RunAsync(async () => await EventLoop.Current!.ExecuteAsync(IoRequest.Nop())).Wait(TimeSpan.FromMinutes(1)));
        few.DisposeAsync().AsTask().Wait();
        return 0;
    }

    /// <summary>Large rings, one after the other. A few of them fill the limit; the memory of a closed one comes back late.</summary>
    private static int RingAfterRing()
    {
        EventLoopOptions options = new() { SubmissionEntries = 4096, CompletionEntries = 8192 };
        int made = 0;
        for (; made < 100; made++)
        {
            using EventLoop loop = EventLoop.Attach(options);
            loop.Submit(IoRequest.Nop(), 1);
            while (!loop.TryTake(out _))
            {
            }
        }

        Say("made", made);
        return 0;
    }

    private static int ExitInFlight()
    {
        Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 2, Kernel = Kernel });
        foreach (EventLoop loop in dispatcher.Loops)
        {
            loop.InvokeAsync(() => Begin(loop)).Wait();
        }

        Say("in-flight", dispatcher.Loops.Sum(l => l.Statistics.InFlight));
        return 0; // No drain, no dispose.
    }

    private static int ExitInFlightAttached()
    {
        EventLoop loop = EventLoop.Attach(new EventLoopOptions { Kernel = Kernel });
        Begin(loop);
        loop.Poll();
        Say("in-flight", loop.Statistics.InFlight);
        return 0;
    }

    /// <summary>Two opens that wait for the other end of a FIFO, on a worker each, when the process ends.</summary>
    private static int ExitInFifo()
    {
        string path = Path.Combine(Path.GetTempPath(), $"dispatch-{Guid.NewGuid():n}");
        using (System.Diagnostics.Process made = System.Diagnostics.Process.Start("mkfifo", path))
        {
            made.WaitForExit();
        }

        Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 2, Kernel = Kernel });
        int blocked = 0;
        foreach (EventLoop loop in dispatcher.Loops)
        {
            // An open that may create goes to a kernel worker, and so really waits.
            Task<DispatchFile> open = DispatchFile.OpenAsync(path, new FileOpenOptions { Mode = FileMode.OpenOrCreate }, loop);
            loop.InvokeAsync(async () => await loop.ExecuteAsync(IoRequest.Nop())).Wait();
            blocked += open.IsCompleted ? 0 : 1;
        }

        File.Delete(path);
        Say("blocked", blocked);
        return 0;
    }

    private static int ExitInThousands()
    {
        Say("in-flight", ThousandsInFlight.Begin(Kernel));
        return 0; // No drain, no dispose.
    }

    private static int Park()
    {
        Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 2, Kernel = Kernel });
        dispatcher.Loops[0].InvokeAsync(() => Begin(dispatcher.Loops[0])).Wait();
        Say("ready", true);
        dispatcher.Completed.Wait();
        return 1;
    }

    private static int ParkAndDrain()
    {
        Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 2, Kernel = Kernel });
        dispatcher.Loops[0].InvokeAsync(() => Begin(dispatcher.Loops[0])).Wait();
        using PosixSignalRegistration registration = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            _ = dispatcher.DrainAsync(TimeSpan.Zero);
        });
        Say("ready", true);
        dispatcher.Completed.Wait();
        Say("drained", true);
        return 0;
    }

    private static int Throw()
    {
        Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 1, Name = "thrower" });
        dispatcher.Loops[0].Post(() => throw new InvalidTimeZoneException("the consumer's own words"));
        dispatcher.Completed.Wait();
        return 0;
    }

    /// <summary>Requests that nothing ends: a poll, a receive, a timeout, awaited and raw.</summary>
    private static void Begin(EventLoop loop)
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        _ = loop.ExecuteAsync(IoRequest.Poll(client.SafeHandle, PollEvents.Priority)).AsTask();
        _ = loop.ExecuteAsync(IoRequest.Receive(client.SafeHandle, new byte[16])).AsTask();
        loop.Submit(IoRequest.Receive(client.SafeHandle, new byte[16]), 1);
        loop.Submit(IoRequest.Timeout(TimeSpan.FromDays(1)), 2);
    }

    private static void Say(string name, object? value)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}={value}"));
        Console.Out.Flush();
    }
}
