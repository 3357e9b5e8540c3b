using System.Reflection;

namespace Dispatch.Tests;

/// <summary><see cref="Errno"/>: names, explanations, and what becomes of the kernel's private numbers.</summary>
public sealed class ErrnoTests
{
    [Theory]
    [InlineData(1, "EPERM")]
    [InlineData(2, "ENOENT")]
    [InlineData(11, "EAGAIN")]
    [InlineData(40, "ELOOP")]
    [InlineData(42, "ENOMSG")]
    [InlineData(95, "EOPNOTSUPP")]
    [InlineData(104, "ECONNRESET")]
    [InlineData(125, "ECANCELED")]
    [InlineData(133, "EHWPOISON")]
    [InlineData(512, "ERESTARTSYS")]
    [InlineData(516, "ERESTART_RESTARTBLOCK")]
    [InlineData(0, "errno 0")]
    [InlineData(41, "errno 41")]
    [InlineData(999, "errno 999")]
    [InlineData(-2, "errno -2")]
    public void A_number_has_the_name_that_the_manual_gives_it(int errno, string name)
    {
        Assert.Equal(name, Errno.Name(errno));
    }

    [Fact]
    public void Every_generic_number_has_a_name_and_an_explanation_of_its_own()
    {
        int[] numbers = [.. Enumerable.Range(1, 133).Where(n => n is not (41 or 58))];

        Assert.All(numbers, n => Assert.StartsWith("E", Errno.Name(n), StringComparison.Ordinal));
        Assert.Equal(numbers.Length, numbers.Select(Errno.Name).Distinct().Count());
        Assert.Equal(numbers.Length, numbers.Select(Errno.Explain).Distinct().Count());
        Assert.All(numbers, n => Assert.False(Errno.Explain(n).EndsWith('.')));
    }

    [Fact]
    public void A_constant_and_its_number_have_the_same_name()
    {
        string[] aliases = [nameof(Errno.EWOULDBLOCK), nameof(Errno.ENOTSUP), nameof(Errno.ERESTARTBLOCK), nameof(Errno.Highest)];
        FieldInfo[] constants = [.. typeof(Errno).GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.IsLiteral && !aliases.Contains(f.Name))];

        Assert.Equal(131 + 5, constants.Length);
        Assert.All(constants, c => Assert.Equal(c.Name, Errno.Name((int)c.GetRawConstantValue()!)));
    }

    [Theory]
    [InlineData(-2, Errno.ENOENT)]
    [InlineData(-4095, 4095)]
    [InlineData(-515, Errno.ENOTTY)]
    [InlineData(-524, Errno.EOPNOTSUPP)]
    public void A_result_is_its_error_whether_or_not_a_cancel_was_asked(long result, int errno)
    {
        Assert.Equal(errno, Errno.FromResult(result, cancelAsked: false));
        Assert.Equal(errno, Errno.FromResult(result, cancelAsked: true));
    }

    [Theory]
    [InlineData(-512)]
    [InlineData(-513)]
    [InlineData(-514)]
    [InlineData(-516)]
    public void A_call_that_the_kernel_would_have_restarted_was_cancelled_if_asked_and_interrupted_if_not(long result)
    {
        Assert.Equal(Errno.ECANCELED, Errno.FromResult(result, cancelAsked: true));
        Assert.Equal(Errno.EINTR, Errno.FromResult(result, cancelAsked: false));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    [InlineData(-4096)]
    [InlineData(long.MinValue)]
    public void A_result_that_is_no_failure_is_refused(long result)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Errno.FromResult(result, cancelAsked: false));
    }
}
