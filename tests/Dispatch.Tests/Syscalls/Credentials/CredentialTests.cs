namespace Dispatch.Tests;

/// <summary>Requests made as another user. As root only: others may not become anybody else.</summary>
public sealed class CredentialTests
{
    private const uint Reader = 64_001;
    private const uint Stranger = 64_002;
    private const uint Team = 64_003;

    private static bool IsRoot => Environment.IsPrivilegedProcess;

    [Fact]
    public void A_file_that_only_one_user_may_read_is_opened_as_that_user_and_refused_to_others() => AsRoot(async (loop, folder) =>
    {
        string path = Secret(folder, Reader, 0, UnixFileMode.UserRead);
        using RegisteredCredentials reader = RegisteredCredentials.Register(loop, Reader, Reader);
        using RegisteredCredentials stranger = RegisteredCredentials.Register(loop, Stranger, Stranger);
        IoRequest open = IoRequest.OpenAt(path, OpenFlags.CloseOnExec);
        int opened = await loop.ExecuteAsync(open.WithCredentials(reader));
        byte[] text = new byte[16];
        int count = await loop.ExecuteAsync(IoRequest.Read(opened, text, 0).WithCredentials(reader));
        Assert.Equal("secret", System.Text.Encoding.ASCII.GetString(text, 0, count));
        Close(opened);

        Assert.Equal(-Errno.EACCES, (await loop.CompleteAsync(open.WithCredentials(stranger))).Result);
        UnauthorizedAccessException refused = await Assert.ThrowsAsync<UnauthorizedAccessException>(async () => await loop.ExecuteAsync(open.WithCredentials(stranger)));
        Assert.Contains(path, refused.Message, StringComparison.Ordinal);
        Close(await loop.ExecuteAsync(open)); // The loop itself is root still.
        Assert.Equal(0, await loop.ExecuteAsync(IoRequest.Nop().WithCredentials(reader)));
    });

    [Fact]
    public void Supplementary_groups_count() => AsRoot(async (loop, folder) =>
    {
        string path = Secret(folder, 0, Team, UnixFileMode.GroupRead);
        using RegisteredCredentials member = RegisteredCredentials.Register(loop, Reader, Reader, 1, Team);
        using RegisteredCredentials stranger = RegisteredCredentials.Register(loop, Reader, Reader, 1);
        IoRequest open = IoRequest.OpenAt(path, OpenFlags.CloseOnExec);
        Close(await loop.ExecuteAsync(open.WithCredentials(member)));
        Assert.Equal(-Errno.EACCES, (await loop.CompleteAsync(open.WithCredentials(stranger))).Result);
    });

    [Fact]
    public void What_is_created_belongs_to_that_user() => AsRoot(async (loop, folder) =>
    {
        File.SetUnixFileMode(folder, (UnixFileMode)511);
        using RegisteredCredentials reader = RegisteredCredentials.Register(loop, Reader, Team);
        string path = Path.Combine(folder, "made");
        Assert.Equal(0, await loop.ExecuteAsync(IoRequest.MakeDirectory(path, (UnixFileMode)493).WithCredentials(reader)));
        Assert.Equal((Reader, Team), Owner.Of(path));
    });

    [Fact]
    public void The_thread_that_registers_stays_whom_it_was() => AsRoot((loop, folder) =>
    {
        string path = Secret(folder, 0, 0, UnixFileMode.UserRead);
        string before = Identity();
        RegisteredCredentials.Register(loop, Reader, Reader, Team).Dispose();
        Assert.Equal(before, Identity());
        Assert.Equal("secret", File.ReadAllText(path));
        return Task.CompletedTask;
    });

    [Fact]
    public void Credentials_of_another_loop_or_disposed_ones_are_refused() => AsRoot((loop, _) =>
    {
        RegisteredCredentials mine = RegisteredCredentials.Register(loop, Reader, Reader);
        OnLoop.Poll(other =>
            Assert.Contains("registered with", Assert.Throws<InvalidOperationException>(() => other.Submit(IoRequest.Nop().WithCredentials(mine), 1)).Message, StringComparison.Ordinal));
        mine.Dispose();
        mine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => loop.Submit(IoRequest.Nop().WithCredentials(mine), 1));
        return Task.CompletedTask;
    });

    [Fact]
    public void An_ordinary_user_is_told_what_it_takes()
    {
        Assert.SkipUnless(IsRoot, "Needs root: only root can drop its rights.");
        OnLoop.OnThread(() =>
        {
            Credentials.DropOnThisThread();
            using EventLoop loop = EventLoop.Attach(OnLoop.Small);
            Assert.Contains("CAP_SETUID", Assert.Throws<UnauthorizedAccessException>(() => RegisteredCredentials.Register(loop, Reader, Reader)).Message, StringComparison.Ordinal);
        });
    }

    private static void AsRoot(Func<EventLoop, string, Task> test)
    {
        Assert.SkipUnless(IsRoot, "Needs root: only root may act as other users.");
        string folder = Directory.CreateTempSubdirectory("dispatch-credentials-").FullName;
        try
        {
            File.SetUnixFileMode(folder, (UnixFileMode)493); // Others may pass.
            OnLoop.Run(loop => test(loop, folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Secret(string folder, uint user, uint group, UnixFileMode mode)
    {
        string path = Path.Combine(folder, "secret");
        File.WriteAllText(path, "secret");
        Owner.Set(path, user, group);
        File.SetUnixFileMode(path, mode);
        return path;
    }

    private static string Identity() => string.Join('\n', File.ReadLines("/proc/thread-self/status").Where(line => line[..3] is "Uid" or "Gid" or "Gro" or "Cap"));

    private static void Close(int descriptor) => Assert.Equal(0, Tmds.Linux.LibC.close(descriptor));
}
