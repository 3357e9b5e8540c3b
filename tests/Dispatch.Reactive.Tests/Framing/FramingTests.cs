using System.Buffers.Binary;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Text;
using CsCheck;

namespace Dispatch.Reactive.Tests;

/// <summary>Cutting of bytes that come in pieces of any size.</summary>
public sealed class FramingTests
{
    private static readonly Gen<byte[][]> Records = Gen.Byte.Array[0, 300].Array[0, 30];

    [Fact]
    public void Lines_are_the_same_however_the_bytes_are_cut() => Check(
        Gen.Select(Gen.OneOf(Gen.Char['a', 'f'].Select(c => c.ToString()), Gen.Const("\n"), Gen.Const("\r\n"), Gen.Const("\r"), Gen.Const("ü")).Array[0, 200], Gen.Bool).Select((parts, end) => string.Concat(parts) + (end ? "\n" : string.Empty)),
        Encoding.UTF8.GetBytes,
        source => source.TextLines(1000),
        text =>
        {
            List<string> lines = [.. text.Split('\n')];
            for (int i = 0; i < lines.Count - 1; i++)
            {
                lines[i] = lines[i].EndsWith('\r') ? lines[i][..^1] : lines[i];
            }

            return lines[^1].Length == 0 ? [.. lines[..^1]] : [.. lines];
        });

    [Theory]
    [InlineData(2, ByteOrder.BigEndian)]
    [InlineData(2, ByteOrder.LittleEndian)]
    [InlineData(4, ByteOrder.BigEndian)]
    [InlineData(4, ByteOrder.LittleEndian)]
    public void Length_prefixed_records_are_the_same_however_the_bytes_are_cut(int prefix, ByteOrder order) => Check(
        Records,
        records => [.. records.SelectMany(r => Prefix(prefix, order, r.Length).Concat(r))],
        source => source.LengthPrefixed(prefix, 300, order).Select(f => Convert.ToHexString(f.Span)),
        records => [.. records.Select(Convert.ToHexString)]);

    [Fact]
    public void Records_with_a_prefix_of_one_byte_are_the_same_however_the_bytes_are_cut() => Check(
        Gen.Byte.Array[0, 255].Array[0, 30],
        records => [.. records.SelectMany(r => r.Prepend((byte)r.Length))],
        source => source.LengthPrefixed(1, 255).Select(f => Convert.ToHexString(f.Span)),
        records => [.. records.Select(Convert.ToHexString)]);

    [Fact]
    public void Fixed_records_are_the_same_however_the_bytes_are_cut() => Check(
        Gen.Byte.Array[7].Array[0, 50],
        records => [.. records.SelectMany(r => r)],
        source => source.Fixed(7).Select(f => Convert.ToHexString(f.Span)),
        records => [.. records.Select(Convert.ToHexString)]);

    [Fact]
    public void A_frame_within_one_piece_is_a_view_of_it_and_none_across_pieces_is()
    {
        Subject<ReadOnlyMemory<byte>> source = new();
        byte[] piece = "first\nsecond\nthi"u8.ToArray();
        List<bool> views = [];
        source.Lines(100).Subscribe(frame => views.Add(frame.Span.Overlaps(piece)));
        source.OnNext(piece);
        source.OnNext("rd\n"u8.ToArray());
        Assert.Equal([true, true, false], views);
    }

    [Fact]
    public void A_frame_that_was_kept_throws_wherever_it_lay()
    {
        Subject<ReadOnlyMemory<byte>> source = new();
        List<Frame> kept = [];
        source.Lines(100).Subscribe(frame =>
        {
            Assert.All(kept, old => Assert.Throws<ObjectDisposedException>(() => old.Span.Length));
            Assert.Equal(3, frame.Span.Length);
            kept.Add(frame);
        });
        source.OnNext("abc\nde"u8.ToArray());
        source.OnNext("f\nghi\n"u8.ToArray());
        Assert.Equal(3, kept.Count);
        Assert.All(kept, old => Assert.Contains("Copied()", Assert.Throws<ObjectDisposedException>(() => old.ToArray()).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_copy_outlives_its_frame_and_its_own_disposal_ends_it()
    {
        Subject<ReadOnlyMemory<byte>> source = new();
        List<CopiedBytes> copies = [];
        source.Lines(100).Copied().Subscribe(copies.Add);
        source.OnNext("abc\nde"u8.ToArray());
        source.OnNext("f\n"u8.ToArray());
        Assert.Equal("abc"u8.ToArray(), copies[0].Span.ToArray());
        Assert.Equal("def"u8.ToArray(), copies[1].Memory.ToArray());
        Assert.Equal(3, copies[1].Length);
        ((IDisposable)copies[0]).Dispose();
        ((IDisposable)copies[0]).Dispose();
        Assert.Throws<ObjectDisposedException>(() => copies[0].Span.Length);
        Assert.Throws<ObjectDisposedException>(() => copies[0].Memory.Span.Length);
        Assert.Equal("def"u8.ToArray(), copies[1].Span.ToArray());
    }

    [Fact]
    public unsafe void The_memory_of_a_pinned_copy_is_not_given_away_before_it_is_unpinned()
    {
        CopiedBytes copy = CopiedBytes.Of(new byte[100_000]);
        System.Buffers.MemoryHandle pin = copy.Memory.Pin();
        ((IDisposable)copy).Dispose();
        CopiedBytes[] others = [.. Enumerable.Range(0, 40).Select(_ => CopiedBytes.Of(Enumerable.Repeat((byte)1, 100_000).ToArray()))];
        Assert.Equal(-1, new ReadOnlySpan<byte>(pin.Pointer, 100_000).IndexOfAnyExcept((byte)0));
        Assert.Throws<ObjectDisposedException>(() => copy.Pin());
        pin.Dispose();
        Array.ForEach(others, o => ((IDisposable)o).Dispose());
    }

    [Theory]
    [InlineData("12345\r\n", true)]
    [InlineData("12345", true)]
    [InlineData("123456", false)]
    [InlineData("123456\n", false)]
    [InlineData("12345\r6", false)]
    [InlineData("12345\r\r\n", false)]
    public void A_line_may_be_as_long_as_allowed_and_not_longer_however_it_is_cut(string text, bool allowed)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            Subject<ReadOnlyMemory<byte>> source = new();
            Watcher<string> watcher = new();
            source.TextLines(5).Subscribe(watcher);
            source.OnNext(bytes.AsMemory(0, cut));
            source.OnNext(bytes.AsMemory(cut));
            source.OnCompleted();
            Assert.Equal(allowed ? ["12345"] : [], watcher.Items);
            Assert.Equal(allowed, watcher.IsCompleted);
            Assert.True(allowed || watcher.Error is InvalidDataException);
            Assert.Empty(watcher.Breaches);
        }
    }

    [Fact]
    public void An_endless_line_ends_the_stream_at_its_limit_and_lets_go_of_the_source()
    {
        Subject<ReadOnlyMemory<byte>> source = new();
        Watcher<string> watcher = new();
        source.TextLines(1000).Subscribe(watcher);
        int pieces = 0;
        while (source.HasObservers)
        {
            source.OnNext(new byte[64]);
            pieces++;
        }

        Assert.Equal(16, pieces);
        Assert.Contains("1000 bytes", Assert.IsType<InvalidDataException>(watcher.Error).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FFFFFFFF", 0)]
    [InlineData("80000000", 0)]
    [InlineData("00000401", 0)]
    [InlineData("0000000141FFFFFFFF", 1)]
    public void An_announced_length_beyond_the_limit_is_refused_before_its_bytes_come(string hex, int items)
    {
        byte[] bytes = Convert.FromHexString(hex);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            Subject<ReadOnlyMemory<byte>> source = new();
            Watcher<string> watcher = new();
            source.LengthPrefixed(4, 1024).Select(f => Encoding.UTF8.GetString(f.Span)).Subscribe(watcher);
            source.OnNext(bytes.AsMemory(0, cut));
            source.OnNext(bytes.AsMemory(cut));
            Assert.Equal(items, watcher.Items.Count);
            Assert.IsType<InvalidDataException>(watcher.Error);
            Assert.False(source.HasObservers);
        }
    }

    [Fact]
    public void A_record_that_the_end_cuts_short_is_an_error()
    {
        Assert.IsType<EndOfStreamException>(EndOf(s => s.LengthPrefixed(4, 100), [0, 0]).Error);
        Assert.IsType<EndOfStreamException>(EndOf(s => s.LengthPrefixed(4, 100), [0, 0, 0, 5, 1]).Error);
        Assert.IsType<EndOfStreamException>(EndOf(s => s.Fixed(3), [1, 2]).Error);
        Assert.True(EndOf(s => s.Fixed(3), []).IsCompleted);
    }

    [Fact]
    public void An_observer_that_throws_what_a_rule_throws_is_not_taken_for_one()
    {
        Subject<ReadOnlyMemory<byte>> source = new();
        Watcher<Frame> watcher = new(_ => throw new InvalidDataException("mine"));
        source.Lines(10).Subscribe(watcher);
        Assert.Equal("mine", Assert.Throws<InvalidDataException>(() => source.OnNext("a\nb\n"u8.ToArray())).Message);
        Assert.Single(watcher.Items);
        Assert.Null(watcher.Error);
        Assert.False(source.HasObservers);
    }

    [Fact]
    public void Disposed_inside_an_OnNext_it_delivers_nothing_more_of_the_same_piece()
    {
        Subject<ReadOnlyMemory<byte>> source = new();
        Watcher<Frame> watcher = null!;
        watcher = new(frame =>
        {
            watcher.Dispose();
            Assert.Equal(2, frame.Span.Length); // It is valid to the end of the call all the same.
        });
        watcher.Subscription = source.Lines(10).Subscribe(watcher);
        source.OnNext("a"u8.ToArray());
        source.OnNext("a\nbb\ncc\n"u8.ToArray());
        source.OnCompleted();
        Assert.Single(watcher.Items);
        Assert.Empty(watcher.Breaches);
    }

    [Fact]
    public void Cutting_allocates_nothing_a_frame()
    {
        Subject<ReadOnlyMemory<byte>> source = new();
        long bytes = 0;
        source.Lines(100).Subscribe(frame => bytes += frame.Span.Length);
        byte[] piece = "first line\nsecond line\nthird, cut in two: "u8.ToArray();
        Work(1000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Work(100_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(bytes > 0);

        void Work(int count)
        {
            for (int i = 0; i < count; i++)
            {
                source.OnNext(piece);
            }
        }
    }

    [Fact]
    public void Bad_arguments_are_refused()
    {
        Subject<ReadOnlyMemory<byte>> source = new();
        Assert.Throws<ArgumentOutOfRangeException>(() => source.Lines(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => source.LengthPrefixed(3, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => source.LengthPrefixed(4, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => source.Fixed(0));
    }

    private static Watcher<Frame> EndOf(Func<IObservable<ReadOnlyMemory<byte>>, IObservable<Frame>> cut, byte[] bytes)
    {
        Subject<ReadOnlyMemory<byte>> source = new();
        Watcher<Frame> watcher = new();
        cut(source).Subscribe(watcher);
        source.OnNext(bytes);
        source.OnCompleted();
        return watcher;
    }

    private static byte[] Prefix(int bytes, ByteOrder order, int length)
    {
        byte[] prefix = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(prefix, length);
        prefix = prefix[(4 - bytes)..];
        if (order == ByteOrder.LittleEndian)
        {
            Array.Reverse(prefix);
        }

        return prefix;
    }

    private static void Check<T>(Gen<T> gen, Func<T, byte[]> encode, Func<IObservable<ReadOnlyMemory<byte>>, IObservable<string>> cut, Func<T, string[]> expected) =>
        Gen.Select(gen, Gen.Int[1, 400].Array[1, 20]).Sample(
            (value, sizes) =>
            {
                byte[] bytes = encode(value);
                Subject<ReadOnlyMemory<byte>> source = new();
                Watcher<string> watcher = new();
                cut(source).Subscribe(watcher);
                int position = 0;
                for (int i = 0; position < bytes.Length; i++)
                {
                    // In memory of its own that is overwritten afterwards: what still points there shows.
                    byte[] piece = bytes[position..Math.Min(bytes.Length, position + sizes[i % sizes.Length])];
                    position += piece.Length;
                    source.OnNext(piece);
                    Array.Fill(piece, (byte)'#');
                }

                source.OnCompleted();
                Assert.Equal(expected(value), watcher.Items);
                Assert.True(watcher.IsCompleted);
                Assert.Empty(watcher.Breaches);
            },
            seed: "0000KDKUTKg0",
            iter: 300,
            threads: 1);
}
