using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// Reads and writes memory whose address a user gave: by way of the kernel, which answers EFAULT where a load or a store of ours would end the process. <c>process_vm_readv(2)</c>. Any thread.
/// </summary>
internal static unsafe partial class UserMemory
{
    /// <summary>Copies from a user's address. False when it cannot be read.</summary>
    public static bool TryRead(void* destination, ulong source, int bytes)
    {
        Piece local = new() { Address = (ulong)destination, Length = (ulong)bytes };
        Piece remote = new() { Address = source, Length = (ulong)bytes };
        return ReadProcess(Environment.ProcessId, &local, 1, &remote, 1, 0) == bytes;
    }

    /// <summary>Copies records of one size from many addresses, by one call. Returns how many of them could be read before the first that could not.</summary>
    /// <param name="destination">Where they go, one behind the other.</param>
    /// <param name="sources">Where they are; no more than IOV_MAX.</param>
    /// <param name="bytes">The size of each.</param>
    public static int ReadEach(void* destination, ReadOnlySpan<nint> sources, int bytes)
    {
        Piece* remote = stackalloc Piece[sources.Length];
        for (int i = 0; i < sources.Length; i++)
        {
            remote[i] = new Piece { Address = (ulong)sources[i], Length = (ulong)bytes };
        }

        Piece local = new() { Address = (ulong)destination, Length = (ulong)(bytes * sources.Length) };
        nint read = ReadProcess(Environment.ProcessId, &local, 1, remote, (nuint)sources.Length, 0);
        return read < 0 ? 0 : (int)(read / bytes);
    }

    /// <summary>Copies to a user's address. False when it cannot be written.</summary>
    public static bool TryWrite(ulong destination, void* source, int bytes)
    {
        Piece local = new() { Address = (ulong)source, Length = (ulong)bytes };
        Piece remote = new() { Address = destination, Length = (ulong)bytes };
        return WriteProcess(Environment.ProcessId, &local, 1, &remote, 1, 0) == bytes;
    }

    [LibraryImport("libc", EntryPoint = "process_vm_readv")]
    private static partial nint ReadProcess(int process, Piece* local, nuint localCount, Piece* remote, nuint remoteCount, nuint flags);

    [LibraryImport("libc", EntryPoint = "process_vm_writev")]
    private static partial nint WriteProcess(int process, Piece* local, nuint localCount, Piece* remote, nuint remoteCount, nuint flags);

    [StructLayout(LayoutKind.Sequential)]
    private struct Piece
    {
        public ulong Address;
        public ulong Length;
    }
}
