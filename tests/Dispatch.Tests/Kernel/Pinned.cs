using System.Runtime.InteropServices;

namespace Dispatch.Tests.Kernel;

/// <summary>Arrays that stay in place.</summary>
internal sealed class Pinned : IDisposable
{
    private readonly GCHandle[] handles;

    public Pinned(byte[][] arrays) => handles = [.. arrays.Select(a => GCHandle.Alloc(a, GCHandleType.Pinned))];

    public ulong this[int index] => (ulong)handles[index].AddrOfPinnedObject();

    public void Dispose() => Array.ForEach(handles, h => h.Free());
}
