namespace Dispatch;

/// <summary>Making and filling an inotify descriptor, with errors that say what to do.</summary>
internal static class WatcherCalls
{
    /// <summary>Makes a descriptor.</summary>
    public static OwnedDescriptor Create(LoopEngine engine)
    {
        int number = engine.Ring.Calls.CreateWatcher();
        return number switch
        {
            >= 0 => new OwnedDescriptor(number, engine.Ring.Calls),
            -Errno.ENOSYS => throw new NotSupportedException("File-system changes: the simulated kernel has no inotify. Test this on the system's kernel."),
            -Errno.EMFILE => throw new IOException("inotify_init1 failed with EMFILE: the user has no inotify instance left, or the process no descriptor. Raise fs.inotify.max_user_instances (sysctl), or `ulimit -n`.", Errno.EMFILE),
            _ => throw ErrorMap.ForFile("inotify_init1", number),
        };
    }

    /// <summary>Adds a watch. Returns its number.</summary>
    public static int Add(LoopEngine engine, int watcher, string path, uint mask)
    {
        int watch = engine.Ring.Calls.AddWatch(watcher, path, mask);
        return watch switch
        {
            >= 0 => watch,
            -Errno.ENOSPC => throw new IOException($"inotify_add_watch on '{path}' failed with ENOSPC: the user has no watch left. Raise fs.inotify.max_user_watches (sysctl).", Errno.ENOSPC),
            -Errno.ENOENT => throw new DirectoryNotFoundException($"'{path}' cannot be watched: there is no such file or directory. Create it first."),
            -Errno.ENOTDIR => throw new DirectoryNotFoundException($"'{path}' cannot be watched as a directory: it, or a part of its path, is none."),
            _ => throw ErrorMap.ForFile("inotify_add_watch", watch, path),
        };
    }
}
