using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>Keeps a handle's number from being closed, and given to another file, while a request uses it.</summary>
internal static class HandleReference
{
    /// <summary>Takes a reference. Throws, with none taken, when the handle is closed.</summary>
    /// <param name="handle">A handle of Dispatch or of .NET.</param>
    /// <returns>Its number.</returns>
    public static int Take(object handle)
    {
        if (handle is OwnedDescriptor owned)
        {
            owned.AddRequest();
            return owned.Number;
        }

        SafeHandle safe = (SafeHandle)handle;
        bool added = false;
        safe.DangerousAddRef(ref added); // throws ObjectDisposedException when closed
        return (int)safe.DangerousGetHandle();
    }

    /// <summary>Lets go of it. Does nothing for null.</summary>
    public static void Release(object? handle)
    {
        if (handle is OwnedDescriptor owned)
        {
            owned.ReleaseRequest();
        }
        else if (handle is SafeHandle safe)
        {
            safe.DangerousRelease();
        }
    }
}
