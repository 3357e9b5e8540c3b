using System.Text;

namespace Dispatch.Tests;

/// <summary>A file with a position.</summary>
public sealed class StreamTests
{
    private static readonly FileOpenOptions Creating = new() { Mode = FileMode.Create, Access = FileAccess.ReadWrite };

    [Fact]
    public Task It_copies_and_its_position_follows() => LoopHost.OnLoop(async _ =>
    {
        using TempFolder folder = new();
        byte[] data = Receiving.Pattern(1_000_000);
        await using Stream source = (await DispatchFile.OpenAsync(folder.Write("source", data))).AsStream();
        await using (Stream target = (await DispatchFile.OpenAsync(folder.At("target"), Creating)).AsStream())
        {
            await source.CopyToAsync(target);
            Assert.Equal(data.Length, source.Position);
            Assert.Equal(data.Length, target.Position);
            Assert.Equal(0, await source.ReadAsync(new byte[1]));
            target.Position = 10;
            await target.WriteAsync("inserted"u8.ToArray());
            await target.FlushAsync();
            Assert.Equal(18, target.Position);
        }

        "inserted"u8.CopyTo(data.AsSpan(10));
        byte[] copied = await File.ReadAllBytesAsync(folder.At("target"));
        Assert.True(data.AsSpan().SequenceEqual(copied));
        Assert.Equal(0, Descriptors.CountOf(folder.At("target")));
    });

    [Fact]
    public Task A_reader_and_a_writer_of_text_work_over_it() => LoopHost.OnLoop(async loop =>
    {
        using TempFolder folder = new();
        DispatchFile file = await DispatchFile.OpenAsync(folder.At("text"), Creating);
        Stream stream = file.AsStream();
        string[] lines = [.. Enumerable.Range(0, 5000).Select(i => $"Zeile {i}: Grüße 世界")];
        StreamWriter writer = new(stream, Encoding.UTF8, leaveOpen: true);
        foreach (string line in lines)
        {
            await writer.WriteLineAsync(line);
        }

        await writer.FlushAsync();
        stream.Seek(0, SeekOrigin.Begin);
        using StreamReader reader = new(stream);
        foreach (string line in lines)
        {
            Assert.Equal(line, await reader.ReadLineAsync());
            Assert.True(loop.IsOwner);
        }

        Assert.Null(await reader.ReadLineAsync());
    });

    [Fact]
    public Task Its_synchronous_calls_work_off_the_loop() => LoopHost.Beside(async loop =>
    {
        using TempFolder folder = new();
        DispatchFile file = await DispatchFile.OpenAsync(folder.At("file"), Creating, loop);
        using (Stream stream = file.AsStream())
        {
            Assert.True(stream.CanRead && stream.CanWrite && stream.CanSeek);
            stream.Write("hello world"u8);
            stream.WriteByte((byte)'!');
            Assert.Equal(12, stream.Length);
            Assert.Equal(6, stream.Seek(6, SeekOrigin.Begin));
            byte[] word = new byte[5];
            stream.ReadExactly(word);
            Assert.Equal("world"u8.ToArray(), word);
            Assert.Equal((byte)'!', stream.ReadByte());
            Assert.Equal(-1, stream.ReadByte());
            Assert.Equal(9, stream.Seek(-3, SeekOrigin.End));
            Assert.Equal(10, stream.Seek(1, SeekOrigin.Current));
            stream.SetLength(5);
            Assert.Equal(5, stream.Length);
            stream.Flush();
            stream.Position = 0;
            using StreamReader reader = new(stream, leaveOpen: true);
            Assert.Equal("hello", await reader.ReadToEndAsync());
            Assert.Throws<ArgumentOutOfRangeException>(() => stream.Position = -1);
        }

        await file.CloseAsync();
        Assert.False(file.AsStream().CanRead);
    });

    [Fact]
    public Task Its_synchronous_calls_are_refused_on_the_loop() => LoopHost.OnLoop(async _ =>
    {
        using TempFolder folder = new();
        await using Stream stream = (await DispatchFile.OpenAsync(folder.Write("file", [1, 2, 3]))).AsStream();

        InvalidOperationException e = Assert.Throws<InvalidOperationException>(() => stream.Read(new byte[1], 0, 1));
        Assert.Contains("Async", e.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => stream.Write([1], 0, 1));
        Assert.Throws<InvalidOperationException>(() => stream.SetLength(1));
        Assert.Throws<InvalidOperationException>(() => stream.ReadByte());
        Assert.Equal(3, stream.Length); // Waits for nobody.
        Assert.Equal(1, stream.Seek(-2, SeekOrigin.End));
        Assert.Equal(2, await stream.ReadAsync(new byte[10]));
    });

    [Theory]
    [InlineData(FileAccess.Read, true, false)]
    [InlineData(FileAccess.Write, false, true)]
    [InlineData(FileAccess.ReadWrite, true, true)]
    public Task It_says_what_it_can_do(FileAccess access, bool canRead, bool canWrite) => LoopHost.OnLoop(async _ =>
    {
        using TempFolder folder = new();
        string path = folder.Write("file", [1]);
        await using Stream stream = (await DispatchFile.OpenAsync(path, new FileOpenOptions { Access = access })).AsStream();
        using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, access);
        await using Stream adopted = DispatchFile.Adopt(handle).AsStream();

        Assert.Equal(canRead, stream.CanRead);
        Assert.Equal(canWrite, stream.CanWrite);
        Assert.Equal(canRead, adopted.CanRead);
        Assert.Equal(canWrite, adopted.CanWrite);
    });
}
