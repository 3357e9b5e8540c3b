using System.Runtime.InteropServices;

namespace Dispatch.Conformance.Processes;

/// <summary>Waiting for child processes.</summary>
public sealed partial class ChildTests : KernelTests
{
    [Theory]
    [EveryKernel(Capability.Processes)]
    [Covers(nameof(IoRequest.WaitForChild))]
    public void A_child_is_waited_for_and_tells_how_it_ended(TestedKernel kernel) => Run(kernel, async w =>
    {
        byte[] answer = new byte[ChildStatus.RecordBytes];
        (int readEnd, int writeEnd) = w.Pipe();
        int child = Spawn("/bin/sh", "-c", "read x; exit 7", readEnd);
        Assert.Equal(0, await w.Do(IoRequest.WaitForChild(ChildSelector.Process, child, ChildChanges.Exited | ChildChanges.NoWait, answer)));
        Assert.Equal(0, ChildStatus.Parse(answer).ProcessId);
        using CancellationTokenSource source = new();
        Task<Completion> cancelled = w.Loop.CompleteAsync(IoRequest.WaitForChild(ChildSelector.Process, child, ChildChanges.Exited), source.Token).AsTask();
        Task<int> wait = w.Do(IoRequest.WaitForChild(ChildSelector.Process, child, ChildChanges.Exited, answer));
        await w.Turn(3);
        source.Cancel();
        Assert.Equal(-Errno.ECANCELED, (await cancelled).Result);
        Assert.False(wait.IsCompleted);
        await w.Close(writeEnd, readEnd);
        Assert.Equal(0, await wait);
        ChildStatus status = ChildStatus.Parse(answer);
        Assert.Equal((child, ChildChange.Exited, 7), (status.ProcessId, status.Change, status.Status));
        Assert.Equal(-Errno.ECHILD, await w.Do(IoRequest.WaitForChild(ChildSelector.Process, child, ChildChanges.Exited)));
        Assert.Equal(-Errno.EINVAL, await w.Do(IoRequest.WaitForChild(ChildSelector.Any, 0, ChildChanges.None)));
    });

    /// <summary>Starts a program that the runtime knows nothing of, with this descriptor for its input, and none of ours besides that is not to be inherited.</summary>
    private static unsafe int Spawn(string path, string option, string script, int input)
    {
        nint[] texts = [Marshal.StringToCoTaskMemUTF8(path), Marshal.StringToCoTaskMemUTF8(option), Marshal.StringToCoTaskMemUTF8(script)];
        nint* arguments = stackalloc nint[4] { texts[0], texts[1], texts[2], 0 };
        nint none = 0;
        byte* actions = stackalloc byte[256]; // posix_spawn_file_actions_t
        Assert.Equal(0, InitializeActions(actions));
        Assert.Equal(0, AddDuplicate(actions, input, 0));
        int error = PosixSpawn(out int child, texts[0], actions, 0, arguments, &none);
        Assert.Equal(0, DestroyActions(actions));
        Array.ForEach(texts, Marshal.FreeCoTaskMem);
        Assert.Equal(0, error);
        return child;
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    private static unsafe partial int PosixSpawn(out int child, nint path, void* actions, nint attributes, nint* arguments, nint* environment);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static unsafe partial int InitializeActions(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static unsafe partial int AddDuplicate(void* actions, int from, int to);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static unsafe partial int DestroyActions(void* actions);
}
