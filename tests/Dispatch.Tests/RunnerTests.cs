using System.Reflection;

using Xunit.Sdk;
using Xunit.v3;

namespace Dispatch.Tests;

/// <summary>What the suite stands on: the runner runs it, one test at a time.</summary>
public sealed class RunnerTests
{
    [Fact]
    public void A_test_runs_inside_the_runner()
    {
        Assert.NotNull(TestContext.Current.Test);
        Assert.False(TestContext.Current.CancellationToken.IsCancellationRequested);
    }

    [Fact]
    public void Tests_of_this_assembly_do_not_run_in_parallel()
    {
        var parallelization = typeof(RunnerTests).Assembly.GetCustomAttribute<ParallelizationAttribute>();

        Assert.NotNull(parallelization);
        Assert.Equal(ParallelMode.None, parallelization.GetMode());
    }
}
