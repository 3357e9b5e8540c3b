namespace Dispatch;

/// <summary>Flags of an accepted descriptor: those of <c>accept4(2)</c>.</summary>
[Flags]
public enum AcceptFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Direct calls on it do not wait (SOCK_NONBLOCK). Requests of a ring need it not.</summary>
    NonBlocking = 0x800,

    /// <summary>Children do not inherit it (SOCK_CLOEXEC).</summary>
    CloseOnExec = 0x80000,
}
