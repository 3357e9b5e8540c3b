using System.Runtime.InteropServices;

namespace Dispatch.Tests;

/// <summary>Whose a file is.</summary>
internal static partial class Owner
{
    public static (uint User, uint Group) Of(string path) => OnRecord(path);

    public static void Set(string path, uint user, uint group) => Assert.Equal(0, ChangeOwner(path, user, group));

    private static unsafe (uint User, uint Group) OnRecord(string path)
    {
        byte* record = stackalloc byte[256]; // struct statx: the user at 20, the group at 24
        fixed (byte* name = System.Text.Encoding.UTF8.GetBytes(path + "\0"))
        {
            Assert.Equal(0, SystemCall.Run(SystemCall.Status, -100, (long)name, 0, 0x7ff, (long)record));
        }

        return (*(uint*)(record + 20), *(uint*)(record + 24));
    }

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);
}
