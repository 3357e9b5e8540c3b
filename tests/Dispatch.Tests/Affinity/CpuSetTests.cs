using CsCheck;

namespace Dispatch.Tests;

/// <summary><see cref="CpuSet"/> as a set, and as a list in Linux's words.</summary>
public sealed class CpuSetTests
{
    private static readonly Gen<int[]> Numbers = Gen.OneOf(Gen.Int[0, 200], Gen.Int[0, CpuSet.MaxNumber]).Array[0, 40];

    [Theory]
    [InlineData("", new int[0])]
    [InlineData("  \n", new int[0])]
    [InlineData("0", new[] { 0 })]
    [InlineData("0-3,8", new[] { 0, 1, 2, 3, 8 })]
    [InlineData(" 1 - 2 , 5\n", new[] { 1, 2, 5 })]
    [InlineData("3,1,2,1-2", new[] { 1, 2, 3 })]
    [InlineData("7-7", new[] { 7 })]
    [InlineData("63-65", new[] { 63, 64, 65 })]
    [InlineData("65535", new[] { 65535 })]
    public void A_cpu_list_parses(string list, int[] cpus)
    {
        Assert.Equal(cpus, CpuSet.Parse(list));
    }

    [Theory]
    [InlineData("10-14:2", new[] { 10, 12, 14 })]
    [InlineData("10-15:2", new[] { 10, 12, 14 })]
    [InlineData("0-9:4,1", new[] { 0, 1, 4, 8 })]
    [InlineData("0-3:65535", new[] { 0 })]
    [InlineData("65534-65535:65535", new[] { 65534 })]
    public void A_cpu_list_with_a_stride_parses(string list, int[] cpus)
    {
        Assert.Equal(cpus, CpuSet.Parse(list));
    }

    [Theory]
    [InlineData("0-3,x", "\"x\" is no number")]
    [InlineData("0x3", "\"0x3\" is no number")]
    [InlineData("-1", "a number is missing")]
    [InlineData("1-", "a number is missing")]
    [InlineData("1--2", "\"-2\" is no number")]
    [InlineData("+1", "\"+1\" is no number")]
    [InlineData("٣", "\"٣\" is no number")]
    [InlineData("1,,2", "nothing between two commas")]
    [InlineData("1,", "nothing between two commas")]
    [InlineData("5-3", "\"5-3\" runs backwards")]
    [InlineData("5:2", "\"5:2\" has a stride, and is no range")]
    [InlineData("0-8:0", "the stride of \"0-8:0\" is 0")]
    [InlineData("0-8:", "a number is missing")]
    [InlineData("0-8:2:2", "\"2:2\" is no number")]
    [InlineData("65536", "65536 is over 65535")]
    [InlineData("0-99999999999999999999", "99999999999999999999 is over 65535")]
    public void A_text_that_is_no_cpu_list_is_refused_with_what_is_wrong_and_what_is_right(string list, string fault)
    {
        var error = Assert.Throws<FormatException>(() => CpuSet.Parse(list));

        Assert.StartsWith($"\"{list}\" is no CPU list: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
        Assert.Contains("\"0-3,8,10-14:2\"", error.Message, StringComparison.Ordinal);
        Assert.False(CpuSet.TryParse(list, out CpuSet? none));
        Assert.Null(none);
    }

    [Fact]
    public void Null_is_no_cpu_list()
    {
        Assert.Throws<ArgumentNullException>(() => CpuSet.Parse(null!));
        Assert.False(CpuSet.TryParse(null, out _));
    }

    [Fact]
    public void Any_text_parses_or_is_refused_and_nothing_else()
    {
        Gen.String[Gen.Char["0123456789-,: x"], 0, 12].Sample(text =>
        {
            if (CpuSet.TryParse(text, out CpuSet? set))
            {
                Assert.Equal(set, CpuSet.Parse(set.ToString()));
            }
            else
            {
                Assert.Throws<FormatException>(() => CpuSet.Parse(text));
            }
        });
    }

    [Fact]
    public void A_set_written_out_and_read_back_is_the_same_set()
    {
        Numbers.Sample(numbers =>
        {
            CpuSet set = CpuSet.Create(numbers);
            CpuSet back = CpuSet.Parse(set.ToString());

            Assert.Equal(set, back);
            Assert.Equal(set.GetHashCode(), back.GetHashCode());
            Assert.Equal(set.ToString(), back.ToString());
        });
    }

    [Theory]
    [InlineData("3,1,2,0", "0-3")]
    [InlineData("0,1", "0-1")]
    [InlineData("8,0-2,4", "0-2,4,8")]
    [InlineData("0-8:2", "0,2,4,6,8")]
    [InlineData("63,64", "63-64")]
    [InlineData("", "")]
    public void A_set_is_written_as_the_kernel_writes_it(string list, string canonical)
    {
        Assert.Equal(canonical, CpuSet.Parse(list).ToString());
    }

    [Fact]
    public void A_set_holds_what_a_sorted_set_of_the_same_numbers_holds()
    {
        Gen.Select(Numbers, Numbers).Sample((left, right) =>
        {
            SortedSet<int> model = [.. left];
            SortedSet<int> other = [.. right];
            CpuSet set = CpuSet.Create(left);
            CpuSet otherSet = CpuSet.Create(right);

            Assert.Equal(model, set);
            Assert.Equal(model.Count, set.Count);
            Assert.All(left, cpu => Assert.True(set.Contains(cpu)));
            Assert.All(right, cpu => Assert.Equal(model.Contains(cpu), set.Contains(cpu)));
            Assert.Equal(model.Union(other).Order(), set.Union(otherSet));
            Assert.Equal(model.Intersect(other).Order(), set.Intersect(otherSet));
            Assert.Equal(model.Except(other).Order(), set.Except(otherSet));
        });
    }

    [Fact]
    public void Sets_of_the_same_numbers_are_equal_however_they_were_made()
    {
        CpuSet direct = [1, 100];
        CpuSet derived = CpuSet.Parse("0-1,100,4000").Except([0, 4000]);

        Assert.Equal(direct, derived);
        Assert.True(direct == derived);
        Assert.False(direct != derived);
        Assert.Equal(direct.GetHashCode(), derived.GetHashCode());
        Assert.NotEqual(direct, [1]);
        Assert.False(direct == null);
        Assert.True((CpuSet?)null == null);
        Assert.Equal(CpuSet.Empty, derived.Intersect([7]));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(65536)]
    [InlineData(int.MaxValue)]
    public void A_number_that_no_cpu_can_have_is_refused_and_contained_in_no_set(int cpu)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => CpuSet.Create(0, cpu));

        Assert.Equal(cpu, error.ActualValue);
        Assert.False(CpuSet.Parse("0-65535").Contains(cpu));
    }

    [Fact]
    public void An_enumerator_can_be_reset()
    {
        CpuSet set = [2, 70];
        CpuSet.Enumerator walk = set.GetEnumerator();
        Assert.True(walk.MoveNext());
        Assert.True(walk.MoveNext());
        Assert.False(walk.MoveNext());
        Assert.False(walk.MoveNext());

        walk.Reset();

        Assert.True(walk.MoveNext());
        Assert.Equal(2, walk.Current);
    }

    [Fact]
    public void Walking_a_set_allocates_nothing()
    {
        CpuSet set = CpuSet.Parse("0-4095:3");
        int sum = Walk(set);
        long before = GC.GetAllocatedBytesForCurrentThread();

        sum += Walk(set);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.NotEqual(0, sum);
    }

    [Fact]
    public void A_set_is_parsed_by_code_that_knows_only_that_it_can_be()
    {
        Assert.Equal([1, 2], ParseAs<CpuSet>("1-2"));
    }

    [Fact]
    public void The_process_may_run_on_the_cpus_that_proc_says()
    {
        // The file of the process is that of its first thread.
        string allowed = File.ReadLines("/proc/self/status").Single(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal));

        Assert.Equal(allowed.Split(':')[1].Trim(), CpuSet.Process.ToString());
    }

    [Fact]
    public void The_process_runs_on_cpus_that_are_online()
    {
        Assert.NotEmpty(CpuSet.Online);
        Assert.Empty(CpuSet.Process.Except(CpuSet.Online));
        Assert.Equal(File.ReadAllText("/sys/devices/system/cpu/online").Trim(), CpuSet.Online.ToString());
    }

    [Fact]
    public void Where_the_online_cpus_are_hidden_those_of_the_process_stand_for_them()
    {
        Assert.Equal(CpuSet.Process, CpuSet.ReadOnline("/there/is/no/such/file"));
    }

    private static int Walk(CpuSet set)
    {
        int sum = 0;
        foreach (int cpu in set)
        {
            sum += cpu;
        }

        return sum;
    }

    private static T ParseAs<T>(string text)
        where T : IParsable<T>
    {
        return T.Parse(text, null);
    }
}
