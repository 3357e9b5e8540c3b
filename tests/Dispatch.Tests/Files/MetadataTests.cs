using System.Diagnostics;
using System.Globalization;

namespace Dispatch.Tests;

/// <summary>Sizes, space, times, syncs and advice.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class MetadataTests
{
    private static readonly FileOpenOptions Creating = new() { Mode = FileMode.Create, Access = FileAccess.ReadWrite };

    [Fact]
    public Task The_status_agrees_with_the_framework_and_with_stat() => LoopHost.OnLoop(async _ =>
    {
        using TempFolder folder = new();
        string path = folder.Write("file", Receiving.Pattern(12_345));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupWrite | UnixFileMode.OtherExecute);
        File.SetLastWriteTimeUtc(path, new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc).AddTicks(1234567));
        File.CreateSymbolicLink(folder.At("link"), path);
        await using DispatchFile file = await DispatchFile.OpenAsync(path);
        FileStatus status = await file.GetStatusAsync();
        FileInfo info = new(path);

        Assert.Equal(info.Length, status.Length);
        Assert.Equal(info.UnixFileMode, status.Mode);
        Assert.Equal(info.LastWriteTimeUtc, status.LastWrite.UtcDateTime);
        Assert.Equal(info.LastAccessTimeUtc, status.LastAccess.UtcDateTime);
        Assert.Equal(FileKind.Regular, status.Kind);
        string[] stat = (await StatAsync(path, "%s %b %B %h %u %g %i %Hd %Ld %Z %W")).Split(' ');
        Assert.Equal(stat[0], status.Length.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(long.Parse(stat[1], CultureInfo.InvariantCulture) * long.Parse(stat[2], CultureInfo.InvariantCulture), status.AllocatedLength);
        Assert.Equal(stat[3], status.LinkCount.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(stat[4], status.UserId.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(stat[5], status.GroupId.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(stat[6], status.Inode.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(long.Parse(stat[7], CultureInfo.InvariantCulture), status.Device >> 32);
        Assert.Equal(long.Parse(stat[8], CultureInfo.InvariantCulture), status.Device & uint.MaxValue);
        Assert.Equal(stat[9], status.LastChange.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        Assert.Equal(stat[10], status.Created!.Value.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
    });

    [Theory]
    [InlineData("/proc/self/exe", FileKind.Regular)]
    [InlineData("/dev/null", FileKind.CharacterDevice)]
    [InlineData("/", FileKind.Directory)]
    public Task The_status_tells_the_kind(string path, FileKind kind) => LoopHost.OnLoop(async loop =>
    {
        await using DispatchFile file = await DispatchFile.OpenAsync(path);
        Assert.Equal(kind, (await file.GetStatusAsync()).Kind);
        byte[] record = new byte[FileStatus.RecordBytes];
        await loop.ExecuteAsync(IoRequest.Status("/proc/self/exe", record, followLinks: false));
        Assert.Equal(FileKind.SymbolicLink, FileStatus.Parse(record).Kind);
    });

    [Fact]
    public Task A_length_can_be_set_both_ways() => LoopHost.OnLoop(async _ =>
    {
        using TempFolder folder = new();
        await using DispatchFile file = await DispatchFile.OpenAsync(folder.Write("file", "0123456789"u8.ToArray()), new FileOpenOptions { Access = FileAccess.ReadWrite });
        await file.SetLengthAsync(4);
        await file.SetLengthAsync(6);
        await FileWriter.SetLengthOnWorkerAsync(file, 7, CancellationToken.None);
        Assert.Equal("0123\0\0\0"u8.ToArray(), await File.ReadAllBytesAsync(file.Path));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await file.SetLengthAsync(-1));
        await using DispatchFile reading = await DispatchFile.OpenAsync(file.Path);
        IOException ring = await Assert.ThrowsAsync<IOException>(async () => await reading.SetLengthAsync(1));
        IOException worker = await Assert.ThrowsAsync<IOException>(async () => await FileWriter.SetLengthOnWorkerAsync(reading, 1, CancellationToken.None));
        Assert.Contains("ftruncate", ring.Message, StringComparison.Ordinal);
        Assert.Contains(file.Path, ring.Message, StringComparison.Ordinal);
        Assert.Equal(ring.Message, worker.Message);
    });

    [Fact]
    public Task Space_is_allocated_freed_zeroed_and_taken_out() => LoopHost.OnLoop(async _ =>
    {
        const int Block = 4096;
        using TempFolder folder = new();
        await using DispatchFile file = await DispatchFile.OpenAsync(folder.At("file"), Creating);
        await file.AllocateAsync(0, 16 * Block);
        FileStatus allocated = await file.GetStatusAsync();
        Assert.Equal(16 * Block, allocated.Length);
        Assert.Equal(16 * Block, allocated.AllocatedLength);
        await file.AllocateAsync(16 * Block, 16 * Block, FileAllocationMode.KeepSize);
        FileStatus kept = await file.GetStatusAsync();
        Assert.Equal(16 * Block, kept.Length);
        Assert.Equal(32 * Block, kept.AllocatedLength);
        byte[] data = Receiving.Pattern(16 * Block);
        await file.WriteAsync(data, 0);
        await file.AllocateAsync(Block, 2 * Block, FileAllocationMode.PunchHole | FileAllocationMode.KeepSize);
        Assert.Equal(30 * Block, (await file.GetStatusAsync()).AllocatedLength);
        await file.AllocateAsync(4 * Block, Block, FileAllocationMode.ZeroRange);
        data.AsSpan(Block, 2 * Block).Clear();
        data.AsSpan(4 * Block, Block).Clear();
        Assert.Equal(data, await File.ReadAllBytesAsync(file.Path));
        await file.AllocateAsync(0, 4 * Block, FileAllocationMode.CollapseRange);
        Assert.Equal(data[(4 * Block)..], await File.ReadAllBytesAsync(file.Path));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await file.AllocateAsync(0, 0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await file.AllocateAsync(-1, 1));
        IOException e = await Assert.ThrowsAsync<IOException>(async () => await file.AllocateAsync(0, 1, FileAllocationMode.PunchHole)); // Without KeepSize.
        Assert.Contains("fallocate", e.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task Syncs_and_advice_complete_and_say_what_is_wrong() => LoopHost.OnLoop(async _ =>
    {
        using TempFolder folder = new();
        DispatchFile file = await DispatchFile.OpenAsync(folder.At("file"), new FileOpenOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, WriteThrough = true });
        await file.WriteAsync(new byte[100_000], 0);
        await file.FlushAsync();
        await file.FlushAsync(dataOnly: true);
        foreach (FileAdvice advice in Enum.GetValues<FileAdvice>())
        {
            await file.AdviseAsync(advice);
            await file.AdviseAsync(advice, 4096, 8192);
        }

        IOException wrong = await Assert.ThrowsAsync<IOException>(async () => await file.AdviseAsync((FileAdvice)99));
        Assert.Contains("posix_fadvise", wrong.Message, StringComparison.Ordinal);
        await using DispatchFile device = await DispatchFile.OpenAsync("/dev/null", new FileOpenOptions { Access = FileAccess.ReadWrite });
        IOException sync = await Assert.ThrowsAsync<IOException>(async () => await device.FlushAsync());
        Assert.Contains("fsync", sync.Message, StringComparison.Ordinal);
        Assert.Contains("/dev/null", sync.Message, StringComparison.Ordinal);
        await file.CloseAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await file.FlushAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await file.GetStatusAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await file.AdviseAsync(FileAdvice.Normal));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await file.SetLengthAsync(0));
    });

    private static async Task<string> StatAsync(string path, string format)
    {
        using Process stat = Process.Start(new ProcessStartInfo("stat", ["-c", format, path]) { RedirectStandardOutput = true })!;
        string output = await stat.StandardOutput.ReadToEndAsync();
        await stat.WaitForExitAsync();
        return output.Trim();
    }
}
