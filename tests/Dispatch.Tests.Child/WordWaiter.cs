using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Dispatch.Tests.Child;

/// <summary>Waits for the first entry of a list of another process, by what the documentation of a list says of its words and by nothing else.</summary>
internal static unsafe class WordWaiter
{
    private const int HeadBytes = 64;
    private const long FutexNumberX64 = 202;
    private const long FutexNumberArm64 = 98;

    public static int Run(string path)
    {
        using MemoryMappedFile file = MemoryMappedFile.CreateFromFile(path, FileMode.Open);
        using MemoryMappedViewAccessor view = file.CreateViewAccessor();
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        int* word = (int*)(start + HeadBytes);
        Interlocked.Increment(ref word[1]);
        while (Volatile.Read(ref *word) == int.MinValue)
        {
            _ = SystemCall(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? FutexNumberArm64 : FutexNumberX64, word, 0, int.MinValue, 0);
        }

        Interlocked.Decrement(ref word[1]);
        Console.WriteLine($"word={*word}");
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        return 0;
    }

    [DllImport("libc", EntryPoint = "syscall")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long SystemCall(long number, int* word, long operation, long value, long timeout);
}
