namespace Dispatch;

/// <summary>What <c>epoll_ctl(2)</c> does.</summary>
public enum EpollOperation
{
    /// <summary>A descriptor joins the set (EPOLL_CTL_ADD).</summary>
    Add = 1,

    /// <summary>It leaves the set (EPOLL_CTL_DEL).</summary>
    Remove = 2,

    /// <summary>What is waited for changes (EPOLL_CTL_MOD).</summary>
    Modify = 3,
}
