using System.Diagnostics;

namespace Dispatch.Tests;

/// <summary>Exceptions of user code: they hurt only who threw them, and go to the policy, which decides.</summary>
public sealed class PolicyTests
{
    private const string ChildVariable = "DISPATCH_TEST_CHILD";

    public static TheoryData<string> Consumers => ["observer", "posted", "timer", "continuation", "context", "completions"];

    [Theory]
    [MemberData(nameof(Consumers))]
    public void With_Continue_the_loop_goes_on_and_every_exception_is_reported_once(string consumer)
    {
        List<LoopFault> faults = [];
        EventLoopOptions options = OnLoop.Small;
        options.UnhandledException = fault =>
        {
            faults.Add(fault);
            return UnhandledExceptionAction.Continue;
        };
        OnLoop.Poll(
            loop =>
            {
                for (int i = 1; i <= 3; i++)
                {
                    Throw(loop, consumer);
                    OnLoop.Until(loop, () => faults.Count == i);
                    Recorder after = new();
                    loop.Observe(IoRequest.Nop(), after);
                    OnLoop.Until(loop, () => after.IsCompleted);
                }

                Assert.Equal(3, loop.Statistics.UnhandledExceptions);
                Assert.All(faults, f => Assert.Same(loop, f.Loop));
                Assert.All(faults, f => Assert.Equal("thrown by the test", f.Exception.Message));
            },
            options);
    }

    [Theory]
    [MemberData(nameof(Consumers))]
    public async Task With_StopLoop_the_loop_ends_and_its_task_fails_with_the_exception(string consumer)
    {
        Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 2, SubmissionEntries = 64, CompletionEntries = 256, UnhandledException = _ => UnhandledExceptionAction.StopLoop });
        EventLoop loop = dispatcher.Loops[0];
        using TestPipe pipe = new();
        Task<Completion> pending = loop.CompleteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable)).AsTask();
        loop.Post(() => Throw(loop, consumer));

        InvalidOperationException thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => loop.Completed.WaitAsync(OnLoop.Guard));
        Assert.Equal("thrown by the test", thrown.Message);
        Assert.Equal(-Errno.ECANCELED, (await pending.WaitAsync(OnLoop.Guard)).Result);
        Assert.Equal(0, await dispatcher.Loops[1].ExecuteAsync(IoRequest.Nop()));
        await dispatcher.DisposeAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => dispatcher.Completed);
    }

    [Fact]
    public void With_StopLoop_an_attached_loop_ends_in_its_poll() => OnLoop.OnThread(() =>
    {
        EventLoopOptions options = OnLoop.Small;
        options.UnhandledException = _ => UnhandledExceptionAction.StopLoop;
        EventLoop loop = EventLoop.Attach(options);
        loop.Post(() => throw new InvalidOperationException("thrown by the test"));
        loop.Poll();
        Assert.True(loop.Completed.IsFaulted);
        Assert.Throws<ObjectDisposedException>(() => loop.Poll());
        loop.Dispose();
    });

    [Fact]
    public void The_completions_of_a_batch_all_arrive_although_one_consumer_throws()
    {
        int faults = 0;
        EventLoopOptions options = OnLoop.Small;
        options.UnhandledException = _ =>
        {
            faults++;
            return UnhandledExceptionAction.Continue;
        };
        OnLoop.Poll(
            loop =>
            {
                int seen = 0;
                for (int i = 0; i < 50; i++)
                {
                    loop.Observe(IoRequest.Nop(), new Recorder
                    {
                        Then = _ =>
                        {
                            if (++seen % 2 == 0)
                            {
                                throw new InvalidOperationException();
                            }
                        },
                    });
                }

                OnLoop.Until(loop, () => seen == 50);
                Assert.Equal(25, faults);
            },
            options);
    }

    [Theory]
    [InlineData("default")]
    [InlineData("FailFast")]
    [InlineData("handler")]
    public async Task With_FailFast_or_no_policy_or_one_that_throws_the_process_ends_and_says_why(string policy)
    {
        (int code, string text) = await RunChild(policy);
        Assert.NotEqual(0, code);
        Assert.Contains("thrown by the test", text, StringComparison.Ordinal);
        Assert.Contains("UnhandledException", text, StringComparison.Ordinal);
        Assert.DoesNotContain("went on", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_child_process_throws_on_a_loop()
    {
        if (Environment.GetEnvironmentVariable(ChildVariable) is not { } policy)
        {
            return; // It is a process of its own that does this, for the test above.
        }

        EventLoopOptions options = OnLoop.Small;
        options.UnhandledException = policy switch
        {
            "FailFast" => _ => UnhandledExceptionAction.FailFast,
            "handler" => _ => throw new InvalidOperationException("the handler threw"),
            _ => null,
        };
        OnLoop.OnThread(() =>
        {
            using EventLoop loop = EventLoop.Attach(options);
            loop.Post(() => throw new InvalidOperationException("thrown by the test"));
            loop.Poll();
        });
        Console.Error.WriteLine("went on");
        Environment.Exit(0);
    }

    private static async Task<(int Code, string Text)> RunChild(string policy)
    {
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, "Dispatch.Tests"))
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.ArgumentList.Add("-method");
        start.ArgumentList.Add($"{typeof(PolicyTests).FullName}.{nameof(A_child_process_throws_on_a_loop)}");
        start.Environment[ChildVariable] = policy;
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        using Process child = Process.Start(start)!;
        Task<string> output = child.StandardOutput.ReadToEndAsync();
        Task<string> error = child.StandardError.ReadToEndAsync();
        await child.WaitForExitAsync().WaitAsync(OnLoop.Guard);
        return (child.ExitCode, await output + await error);
    }

    private static void Throw(EventLoop loop, string consumer)
    {
        InvalidOperationException exception = new("thrown by the test");
        switch (consumer)
        {
            case "observer":
                loop.Observe(IoRequest.Nop(), new Recorder { Then = _ => throw exception });
                break;
            case "posted":
                loop.Post(() => throw exception);
                break;
            case "timer":
                loop.TimeProvider.CreateTimer(_ => throw exception, null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
                break;
            case "continuation":
                loop.ExecuteAsync(IoRequest.Nop()).GetAwaiter().UnsafeOnCompleted(() => throw exception);
                break;
            case "context":
                loop.Post(() => Void(exception));
                break;
            default:
                loop.Completions.Subscribe(new Recorder { Then = _ => throw exception });
                loop.Submit(IoRequest.Nop(), 1);
                break;
        }
    }

    private static async void Void(Exception exception)
    {
        await Task.Yield();
        throw exception;
    }
}
