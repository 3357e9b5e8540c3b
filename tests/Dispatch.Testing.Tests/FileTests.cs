using System.Text;

namespace Dispatch.Testing.Tests;

/// <summary>The simulated disk does what Linux does.</summary>
public sealed class FileTests
{
    private const FileMode New = FileMode.CreateNew;

    [Fact]
    public void What_is_written_is_read_and_measured() => Worlds.OnLoop(async (kernel, _) =>
    {
        await using DispatchFile file = await OpenAsync("/tmp/a", New);
        await file.WriteAsync("hello"u8.ToArray(), 0);
        await file.WriteAsync("!"u8.ToArray(), 9);
        byte[] bytes = new byte[20];
        Assert.Equal(10, await file.ReadAsync(bytes, 0));
        Assert.Equal("hello\0\0\0\0!", Encoding.ASCII.GetString(bytes, 0, 10));
        Assert.Equal(0, await file.ReadAsync(bytes, 10));
        FileStatus status = await file.GetStatusAsync();
        Assert.Equal(10, status.Length);
        Assert.Equal(FileKind.Regular, status.Kind);
        Assert.Equal(1, status.LinkCount);
        await file.SetLengthAsync(3);
        Assert.Equal("hel"u8.ToArray(), kernel.Disk.ReadFile("/tmp/a"));
        await file.AppendAsync("p"u8.ToArray());
        Assert.Equal("help"u8.ToArray(), kernel.Disk.ReadFile("/tmp/a"));
    });

    [Fact]
    public void Paths_fail_as_they_do_on_Linux() => Worlds.OnLoop(async (kernel, loop) =>
    {
        kernel.Disk.WriteFile("/tmp/file", "x"u8);
        Assert.Equal(-Errno.ENOENT, await ResultAsync(loop, IoRequest.OpenAt("/tmp/none", OpenFlags.ReadOnly)));
        Assert.Equal(-Errno.ENOENT, await ResultAsync(loop, IoRequest.OpenAt("/none/none", OpenFlags.ReadWrite | OpenFlags.Create)));
        Assert.Equal(-Errno.ENOTDIR, await ResultAsync(loop, IoRequest.OpenAt("/tmp/file/below", OpenFlags.ReadOnly)));
        Assert.Equal(-Errno.EEXIST, await ResultAsync(loop, IoRequest.OpenAt("/tmp/file", OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive)));
        Assert.Equal(-Errno.EISDIR, await ResultAsync(loop, IoRequest.OpenAt("/tmp", OpenFlags.ReadWrite)));
        Assert.Equal(-Errno.EISDIR, await ResultAsync(loop, IoRequest.Unlink("/tmp")));
        Assert.Equal(-Errno.ENOTEMPTY, await ResultAsync(loop, IoRequest.Unlink("/tmp", isDirectory: true)));
        Assert.Equal(-Errno.ENOTDIR, await ResultAsync(loop, IoRequest.Unlink("/tmp/file", isDirectory: true)));
        Assert.Equal(-Errno.EEXIST, await ResultAsync(loop, IoRequest.MakeDirectory("/tmp", UnixFileMode.UserRead)));
        Assert.Equal(-Errno.ENAMETOOLONG, await ResultAsync(loop, IoRequest.OpenAt("/tmp/" + new string('n', 300), OpenFlags.ReadOnly)));
        Assert.Equal(-Errno.EBADF, await ResultAsync(loop, IoRequest.Close(DescriptorTable.Base + 500)));
    });

    [Fact]
    public void Names_are_made_moved_and_removed() => Worlds.OnLoop(async (kernel, loop) =>
    {
        kernel.Disk.WriteFile("/tmp/a", "a"u8);
        kernel.Disk.WriteFile("/tmp/b", "b"u8);
        Assert.Equal(0, await ResultAsync(loop, IoRequest.MakeDirectory("/tmp/d", UnixFileMode.UserRead)));
        Assert.Equal(0, await ResultAsync(loop, IoRequest.Rename("/tmp/a", "/tmp/d/a")));
        Assert.Equal(-Errno.EEXIST, await ResultAsync(loop, IoRequest.Rename("/tmp/b", "/tmp/d/a", RenameFlags.NoReplace)));
        Assert.Equal(0, await ResultAsync(loop, IoRequest.Rename("/tmp/b", "/tmp/d/a", RenameFlags.Exchange)));
        Assert.Equal("b"u8.ToArray(), kernel.Disk.ReadFile("/tmp/d/a"));
        Assert.Equal("a"u8.ToArray(), kernel.Disk.ReadFile("/tmp/b"));
        Assert.Equal(-Errno.EINVAL, await ResultAsync(loop, IoRequest.Rename("/tmp/d", "/tmp/d/below")));
        Assert.Equal(0, await ResultAsync(loop, IoRequest.Unlink("/tmp/d/a")));
        Assert.Equal(0, await ResultAsync(loop, IoRequest.Unlink("/tmp/d", isDirectory: true)));
        Assert.Equal(["b"], kernel.Disk.List("/tmp"));
    });

    [Fact]
    public void A_file_without_a_name_lives_until_it_is_closed() => Worlds.OnLoop(async (kernel, loop) =>
    {
        kernel.Disk.WriteFile("/tmp/a", "still here"u8);
        await using DispatchFile file = await OpenAsync("/tmp/a", FileMode.Open);
        Assert.Equal(0, await ResultAsync(loop, IoRequest.Unlink("/tmp/a")));
        Assert.False(kernel.Disk.Exists("/tmp/a"));
        Assert.Equal(10, await file.ReadAsync(new byte[20], 0));
    });

    [Fact]
    public void Direct_transfers_have_to_be_aligned() => Worlds.OnLoop(async (_, loop) =>
    {
        int file = await loop.ExecuteAsync(IoRequest.OpenAt("/tmp/a", (OpenFlags)((int)(OpenFlags.ReadWrite | OpenFlags.Create) | ProcessorFlags.Direct)));
        Assert.Equal(512, await ResultAsync(loop, IoRequest.Write(file, new byte[512], 0)));
        Assert.Equal(-Errno.EINVAL, await ResultAsync(loop, IoRequest.Write(file, new byte[512], 7)));
        Assert.Equal(-Errno.EINVAL, await ResultAsync(loop, IoRequest.Read(file, new byte[100], 0)));
        Assert.Equal(512, await ResultAsync(loop, IoRequest.Read(file, new byte[1024], 0)));
        await loop.ExecuteAsync(IoRequest.Close(file));
    });

    [Fact]
    public void A_full_disk_writes_what_fits_and_then_nothing() => Worlds.OnLoop(
        async (_, loop) =>
        {
            int file = await loop.ExecuteAsync(IoRequest.OpenAt("/tmp/a", OpenFlags.ReadWrite | OpenFlags.Create));
            Assert.Equal(8192, await ResultAsync(loop, IoRequest.Write(file, new byte[10_000], 0)));
            Assert.Equal(-Errno.ENOSPC, await ResultAsync(loop, IoRequest.Write(file, new byte[1], 8192)));
            Assert.Equal(0, await ResultAsync(loop, IoRequest.Close(file)));
            Assert.Equal(0, await ResultAsync(loop, IoRequest.Unlink("/tmp/a")));
        },
        new SimulationOptions { Faults = FaultPlan.None, DiskBytes = 8192 });

    [Fact]
    public void Files_fail_by_rate() => Worlds.OnLoop(
        async (kernel, loop) =>
        {
            kernel.Disk.WriteFile("/tmp/a", "x"u8);
            Assert.Equal(-Errno.EIO, await ResultAsync(loop, IoRequest.OpenAt("/tmp/a", OpenFlags.ReadOnly)));
        },
        Worlds.With(FaultKind.DiskError));

    [Fact]
    public void What_was_synced_outlives_a_crash_and_what_was_not_may_be_there_in_part()
    {
        HashSet<string> outcomes = [];
        for (int seed = 1; seed <= 60; seed++)
        {
            SimulatedKernel.Run(
                seed,
                async kernel =>
                {
                    EventLoop loop = kernel.CreateLoop();
                    await loop.InvokeAsync(async () =>
                    {
                        await using DispatchFile file = await OpenAsync("/tmp/log", New);
                        await file.WriteAsync(Filled(8192, 1), 0);
                        await file.FlushAsync();
                        await file.WriteAsync(Filled(8192, 2), 0);
                    });
                    kernel.Crash();
                    byte[] left = kernel.Disk.ReadFile("/tmp/log");
                    Assert.Equal(8192, left.Length);
                    Assert.All(left, b => Assert.True(b is 1 or 2));
                    Assert.Equal(0, left.Chunk(512).Count(sector => sector.Distinct().Count() != 1)); // A sector is whole.
                    outcomes.Add(left.Contains((byte)1) ? left.Contains((byte)2) ? "in part" : "lost" : "kept");
                },
                Worlds.Calm);
        }

        Assert.Equal(["in part", "kept", "lost"], outcomes.Order());
    }

    [Fact]
    public void A_rename_after_a_sync_is_there_or_not_but_never_half()
    {
        HashSet<string> outcomes = [];
        for (int seed = 1; seed <= 40; seed++)
        {
            SimulatedKernel.Run(
                seed,
                async kernel =>
                {
                    kernel.Disk.WriteFile("/tmp/config", "old"u8);
                    EventLoop loop = kernel.CreateLoop();
                    await loop.InvokeAsync(async () =>
                    {
                        await using (DispatchFile file = await OpenAsync("/tmp/config.new", New))
                        {
                            await file.WriteAsync("new"u8.ToArray(), 0);
                            await file.FlushAsync();
                        }

                        await loop.ExecuteAsync(IoRequest.Rename("/tmp/config.new", "/tmp/config"));
                    });
                    kernel.Crash();
                    string content = Encoding.ASCII.GetString(kernel.Disk.ReadFile("/tmp/config"));
                    Assert.True(content is "old" or "new", content);
                    Assert.Equal(content == "old", kernel.Disk.Exists("/tmp/config.new"));
                    outcomes.Add(content);
                },
                Worlds.Calm);
        }

        Assert.Equal(["new", "old"], outcomes.Order());
    }

    [Fact]
    public void After_a_sync_that_failed_a_second_one_does_not_save_what_was_lost()
    {
        bool lost = false;
        for (int seed = 1; seed <= 40; seed++)
        {
            SimulatedKernel.Run(
                seed,
                async kernel =>
                {
                    EventLoop loop = kernel.CreateLoop();
                    bool failed = false;
                    await loop.InvokeAsync(async () =>
                    {
                        int file = await ResultAsync(loop, IoRequest.OpenAt("/tmp/a", OpenFlags.ReadWrite | OpenFlags.Create));
                        bool written = await ResultAsync(loop, IoRequest.Write(file, Filled(4096, 1), 0)) == 4096;
                        failed = await ResultAsync(loop, IoRequest.Sync(file)) == -Errno.EIO && written;
                        failed &= await ResultAsync(loop, IoRequest.Sync(file)) == 0;
                        await ResultAsync(loop, IoRequest.Close(file));
                    });
                    kernel.Crash();
                    if (kernel.Disk.Exists("/tmp/a") && failed)
                    {
                        lost |= kernel.Disk.ReadFile("/tmp/a").Contains((byte)0);
                    }
                },
                new SimulationOptions { Faults = FaultPlan.None.With(FaultKind.DiskError, 0.2), ShrinkRuns = 0 });
        }

        Assert.True(lost);
    }

    [Fact]
    public void A_machine_that_crashed_takes_new_loops() => SimulatedKernel.Run(
        1,
        async kernel =>
        {
            EventLoop before = kernel.CreateLoop();
            Task waits = before.InvokeAsync(async () => await before.DelayAsync(TimeSpan.FromHours(1)));
            await kernel.DelayAsync(TimeSpan.FromMilliseconds(1));
            kernel.Crash();
            await Assert.ThrowsAnyAsync<Exception>(() => waits);
            EventLoop after = kernel.CreateLoop();
            Assert.Equal(0, await after.InvokeAsync(async () => await after.ExecuteAsync(IoRequest.Nop())));
        },
        Worlds.Calm);

    private static Task<DispatchFile> OpenAsync(string path, FileMode mode) => DispatchFile.OpenAsync(path, new FileOpenOptions { Mode = mode, Access = FileAccess.ReadWrite });

    private static async Task<int> ResultAsync(EventLoop loop, IoRequest request) => (int)(await loop.CompleteAsync(request)).Result;

    private static byte[] Filled(int length, byte value)
    {
        byte[] bytes = new byte[length];
        bytes.AsSpan().Fill(value);
        return bytes;
    }
}
