using System.Runtime.ExceptionServices;

namespace Dispatch.Tests;

/// <summary><see cref="ThreadAffinity"/>, each test on a thread of its own, so that the runner's threads keep their masks.</summary>
public sealed class ThreadAffinityTests
{
    [Fact]
    public void A_bound_thread_runs_on_its_cpu_and_a_restored_one_on_all_again()
    {
        OnOwnThread(() =>
        {
            CpuSet all = ThreadAffinity.Read();
            foreach (int cpu in all)
            {
                CpuSet before = ThreadAffinity.Apply([cpu]);

                Assert.Equal([cpu], ThreadAffinity.Read());
                Assert.Equal(cpu, Thread.GetCurrentProcessorId());
                Assert.Equal(all, before);

                ThreadAffinity.Restore(before);
                Assert.Equal(all, ThreadAffinity.Read());
            }
        });
    }

    [Fact]
    public void Binding_a_thread_leaves_the_mask_of_the_process_as_it_was()
    {
        CpuSet process = CpuSet.Process;

        OnOwnThread(() =>
        {
            ThreadAffinity.Apply([process.Last()]);

            Assert.Equal(process, CpuSet.Process);
        });
    }

    [Fact]
    public void A_cpu_that_the_machine_lacks_is_refused_and_the_mask_kept()
    {
        OnOwnThread(() =>
        {
            CpuSet before = ThreadAffinity.Read();

            var error = Assert.Throws<InvalidOperationException>(() => ThreadAffinity.Apply([CpuSet.MaxNumber]));

            Assert.StartsWith("sched_setaffinity failed while binding a thread to CPU 65535: EINVAL, invalid argument.", error.Message, StringComparison.Ordinal);
            Assert.Contains("CpuSet.Process", error.Message, StringComparison.Ordinal);
            Assert.Equal(before, ThreadAffinity.Read());
        });
    }

    [Fact]
    public void No_cpu_at_all_is_refused()
    {
        OnOwnThread(() => Assert.Throws<ArgumentException>(() => ThreadAffinity.Apply(CpuSet.Empty)));
    }

    [Fact]
    public void A_mask_that_the_kernel_would_cut_down_silently_is_refused_and_the_old_one_given_back()
    {
        OnOwnThread(() =>
        {
            CpuSet before = ThreadAffinity.Read();

            var error = Assert.Throws<InvalidOperationException>(() => ThreadAffinity.Apply([before.First(), CpuSet.MaxNumber]));

            Assert.Contains($"to run on CPU {before.First()},65535, and the kernel let it run on {before.First()} only", error.Message, StringComparison.Ordinal);
            Assert.Equal(before, ThreadAffinity.Read());
        });
    }

    [Fact]
    public void Reading_a_thread_that_does_not_exist_names_the_call_and_the_error()
    {
        var error = Assert.Throws<InvalidOperationException>(() => ThreadAffinity.Read(int.MaxValue));

        Assert.StartsWith("sched_getaffinity failed while reading the mask of a thread: ESRCH, no such process.", error.Message, StringComparison.Ordinal);
    }

    private static void OnOwnThread(Action action)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }
}
