using System.Text;
using CsCheck;

namespace Dispatch.Tests;

/// <summary><see cref="RoutingKey"/>. The numbers were computed by a C program: they must never change, or keys move between processes.</summary>
public sealed class RoutingKeyTests
{
    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(42, 57, 43)]
    [InlineData(0xDEAD10CC, 1, 0)]
    [InlineData(0xDEAD10CC, 666, 361)]
    [InlineData(256, 1024, 520)]
    [InlineData(0, 8, 0)]
    [InlineData(ulong.MaxValue, 1000, 313)]
    [InlineData(1234567890123456789, int.MaxValue, 542643565)]
    public void The_jump_hash_is_the_published_one(ulong key, int loopCount, int owner)
    {
        Assert.Equal(owner, RoutingKey.Jump(key, loopCount));
    }

    [Theory]
    [InlineData("", 0xEFD01F60BA992926, 1)]
    [InlineData("a", 0x82A2A958A9BECE5B, 5)]
    [InlineData("foobar", 0x2C22194922D1672B, 3)]
    [InlineData("customer/4711", 0x154226946708EC60, 7)]
    [InlineData("Grüße", 0x18EE3ACD8B57A4FE, 7)]
    public void A_texts_hash_and_owner_are_the_same_in_every_run(string key, ulong hash, int ownerOfEight)
    {
        Assert.Equal(hash, RoutingKey.Hash(key));
        Assert.Equal(ownerOfEight, RoutingKey.LoopOf(key, 8));
        Assert.Equal(ownerOfEight, RoutingKey.LoopOf(Encoding.UTF8.GetBytes(key), 8));
    }

    [Theory]
    [InlineData(0, 0x0, 0)]
    [InlineData(1, 0xB456BCFC34C2CB2C, 3)]
    [InlineData(4711, 0x40DB71C87F0DC16D, 7)]
    [InlineData(-1, 0x64B5720B4B825F21, 12)]
    public void A_numbers_hash_and_owner_are_the_same_in_every_run(long key, ulong hash, int ownerOfSixteen)
    {
        Assert.Equal(hash, RoutingKey.Hash(key));
        Assert.Equal(ownerOfSixteen, RoutingKey.LoopOf(key, 16));
    }

    [Fact]
    public void A_text_has_the_owner_of_its_utf8_bytes()
    {
        Gen.String.Sample(text => Assert.Equal(RoutingKey.Hash(Encoding.UTF8.GetBytes(text)), RoutingKey.Hash(text)));
        Assert.Equal(RoutingKey.Hash("a\uFFFDb"), RoutingKey.Hash("a\uD800b"));
    }

    [Fact]
    public void An_owner_is_always_one_of_the_loops()
    {
        Gen.Select(Gen.ULong, Gen.Int[1, 20]).Sample((key, loopCount) => Assert.InRange(RoutingKey.Jump(key, loopCount), 0, loopCount - 1));
    }

    [Fact]
    public void A_loop_more_moves_keys_to_that_loop_only()
    {
        Gen.Select(Gen.ULong, Gen.Int[1, 2000]).Sample((key, loopCount) =>
        {
            int before = RoutingKey.Jump(key, loopCount);
            int after = RoutingKey.Jump(key, loopCount + 1);

            Assert.True(after == before || after == loopCount, $"from loop {before} to {after} when loop {loopCount} came");
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(63)]
    public void A_loop_more_moves_its_share_of_the_keys(int loopCount)
    {
        const int keys = 100_000;
        double share = 1.0 / (loopCount + 1);

        int moved = Enumerable.Range(0, keys).Count(key => RoutingKey.LoopOf(key, loopCount) != RoutingKey.LoopOf(key, loopCount + 1));

        // Six standard deviations of a fair draw; the keys are fixed, so the result is too.
        double tolerance = 6 * Math.Sqrt(keys * share * (1 - share));
        Assert.InRange(moved, (keys * share) - tolerance, (keys * share) + tolerance);
    }

    [Theory]
    [InlineData("")]
    [InlineData("user-")]
    [InlineData("/var/lib/data/part-0000")]
    public void Keys_that_differ_in_their_last_digits_are_dealt_evenly(string prefix)
    {
        const int keys = 64_000;
        const int loops = 16;
        int[] dealt = new int[loops];

        for (int i = 0; i < keys; i++)
        {
            dealt[RoutingKey.LoopOf($"{prefix}{i}", loops)]++;
        }

        Assert.All(dealt, count => Assert.InRange(count, 3_600, 4_400));
    }

    [Fact]
    public void Finding_an_owner_allocates_nothing()
    {
        int owner = RoutingKey.LoopOf("Grüße", 8);
        long before = GC.GetAllocatedBytesForCurrentThread();

        owner += RoutingKey.LoopOf("Grüße", 8) + RoutingKey.LoopOf("bytes"u8, 8) + RoutingKey.LoopOf(5, 8);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(owner >= 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Fewer_than_one_loop_is_refused(int loopCount)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => RoutingKey.Jump(1, loopCount));
    }
}
