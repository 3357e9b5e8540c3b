namespace Dispatch.Tests.Diagnostics;

/// <summary>How stalls are put into words.</summary>
public class StallTextTests
{
    [Theory]
    [InlineData("123 (dispatch-0) R 1 1", "running")]
    [InlineData("123 (a) name) D) S 1 1", "asleep")]
    [InlineData("123 (dispatch-0) D 1 1", "asleep and not to be woken (a disk, as a rule)")]
    [InlineData("123 (dispatch-0) Q 1 1", "in state Q")]
    [InlineData("123 (dispatch-0)", null)]
    [InlineData(null, null)]
    public void The_state_of_a_thread_is_read_behind_its_name(string? line, string? state) => Assert.Equal(state, KernelStackText.StateOf(line));

    [Fact]
    public void The_call_that_a_thread_sleeps_in_is_read_by_its_number()
    {
        Assert.Equal("nanosleep", KernelStackText.CallOf($"{Numbers.Of("nanosleep")} 0x7f 0x0 0x0 0x0 0x0 0x0 0x7ffd 0x7f01"));
        Assert.Null(KernelStackText.CallOf("running"));
        Assert.Null(KernelStackText.CallOf("-1 0x7ffd 0x7f01"));
        Assert.Null(KernelStackText.CallOf(null));
    }

    [Fact]
    public void A_thread_that_is_not_there_has_no_state() => Assert.Null(KernelStackText.Of(int.MaxValue));

    [Fact]
    public void Delegates_are_named_as_their_author_would()
    {
        Assert.Equal("StallTextTests.Static", Name(Static));
        Assert.Equal("StallTextTests.Delegates_are_named_as_their_author_would", Name(() => GC.KeepAlive(this)));
        Assert.Equal("StallTextTests.Delegates_are_named_as_their_author_would", Name(() => { }));
        Assert.Equal("StallTextTests.Inner", Name(Inner));
        Assert.Equal("StallTextTests.Generic.Method", Name(new Generic<int>().Method<string>));
        Assert.Null(CallbackName.Of(new TurnCallback(TurnCallback.None, null, null, [])));

        static void Inner() => GC.KeepAlive(null);
    }

    private static string? Name(Action action) => CallbackName.Of(new TurnCallback(TurnCallback.Posted, action, null, []));

    private static void Static() => GC.KeepAlive(null);

    private sealed class Generic<T>
    {
        public void Method<TOther>() => GC.KeepAlive((typeof(T), typeof(TOther), this));
    }
}
