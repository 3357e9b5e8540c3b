namespace Dispatch;

/// <summary>
/// Whom the kernel takes a thread for when it opens files: user, group and supplementary groups. The C library's functions would change them for all threads; the bare system calls change the caller's alone.
/// <c>setfsuid(2)</c>, <c>setfsgid(2)</c>, <c>setgroups(2)</c>.
/// </summary>
internal sealed unsafe class FileIdentity(uint user, uint group, uint[] groups)
{
    private const uint Ask = uint.MaxValue; // No user has this number: nothing changes, and the present one is told.

    private uint User => user;

    private uint Group => group;

    private uint[] Groups => groups;

    /// <summary>Gets the calling thread's.</summary>
    public static FileIdentity OfThisThread()
    {
        int count = (int)SystemCall.Run(SystemCall.GetGroups, 0, 0);
        uint[] groups = new uint[Math.Max(0, count)];
        fixed (uint* first = groups)
        {
            count = (int)SystemCall.Run(SystemCall.GetGroups, groups.Length, (long)first);
        }

        return new FileIdentity(
            (uint)SystemCall.Run(SystemCall.SetFileUser, Ask),
            (uint)SystemCall.Run(SystemCall.SetFileGroup, Ask),
            count == groups.Length ? groups : groups[..Math.Max(0, count)]);
    }

    /// <summary>Does something as this user, on the calling thread, and is the former one again when it returns. Returns what it returned, or −EPERM when the process may not.</summary>
    public long Run<T>(Func<T, long> work, T state)
    {
        FileIdentity former = OfThisThread();
        if (!former.TryChangeTo(this))
        {
            return -Errno.EPERM;
        }

        try
        {
            return work(state);
        }
        finally
        {
            if (!TryChangeTo(former))
            {
                Environment.FailFast("The thread could not become its own user again (setfsuid, setfsgid, setgroups). What it would do next would be done as somebody else.");
            }
        }
    }

    private static bool TrySetGroups(uint[] groups)
    {
        fixed (uint* first = groups)
        {
            return SystemCall.Run(SystemCall.SetGroups, groups.Length, (long)first) == 0;
        }
    }

    // These report no error, but the number before: asking again tells what it is now.
    private static bool TrySetUser(uint user)
    {
        SystemCall.Run(SystemCall.SetFileUser, user);
        return (uint)SystemCall.Run(SystemCall.SetFileUser, Ask) == user;
    }

    private static bool TrySetGroup(uint group)
    {
        SystemCall.Run(SystemCall.SetFileGroup, group);
        return (uint)SystemCall.Run(SystemCall.SetFileGroup, Ask) == group;
    }

    private bool TryChangeTo(FileIdentity other)
    {
        // The groups first: a user without rights could not change them any more. What has been changed is taken back when the rest is refused.
        if (!TrySetGroups(other.Groups))
        {
            return false;
        }

        if (TrySetGroup(other.Group) && TrySetUser(other.User))
        {
            return true;
        }

        if (!TrySetUser(User) || !TrySetGroup(Group) || !TrySetGroups(Groups))
        {
            Environment.FailFast("The thread could not become its own user again (setfsuid, setfsgid, setgroups). What it would do next would be done as somebody else.");
        }

        return false;
    }
}
