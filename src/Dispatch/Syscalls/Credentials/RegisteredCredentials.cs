namespace Dispatch;

/// <summary>
/// Credentials that a loop has registered with its kernel: requests made with them (<see cref="IoRequest.WithCredentials(RegisteredCredentials)"/>) open, create, read and change files as that user, whatever thread, or
/// kernel worker, makes the call. <c>io_uring_register(2)</c>, IORING_REGISTER_PERSONALITY; <c>credentials(7)</c>.
/// </summary>
/// <remarks>
/// Nothing else carries an identity: a request that another thread sends to a loop is made as the loop's owner, not as that thread. What changes is whom the kernel takes the call for when it checks access to files (fsuid,
/// fsgid, supplementary groups, and root's power over files); the process's other rights stay. On <see cref="KernelKind.LinuxAio"/> calls that look at a path or move data are then made by workers.
/// Owner thread only, but for the properties.
/// </remarks>
public sealed class RegisteredCredentials : IDisposable
{
    private readonly LoopEngine engine;

    private RegisteredCredentials(LoopEngine engine, ushort number, uint userId, uint groupId, FileIdentity identity)
    {
        this.engine = engine;
        Identity = identity;
        Number = number;
        UserId = userId;
        GroupId = groupId;
    }

    /// <summary>Gets the user.</summary>
    public uint UserId { get; }

    /// <summary>Gets the group.</summary>
    public uint GroupId { get; }

    /// <summary>Gets what a worker becomes to make a call with them.</summary>
    internal FileIdentity Identity { get; }

    /// <summary>Gets the kernel's number of them.</summary>
    internal ushort Number { get; }

    /// <summary>Gets a value indicating whether they have been taken back.</summary>
    internal bool IsDisposed { get; private set; }

    /// <summary>Registers credentials with a loop, for as long as it lives or until they are disposed. Owner thread only.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="userId">The user.</param>
    /// <param name="groupId">The group.</param>
    /// <param name="groups">The supplementary groups; none when left out.</param>
    /// <returns>The credentials.</returns>
    /// <exception cref="UnauthorizedAccessException">The process may not become that user: it needs CAP_SETUID and CAP_SETGID.</exception>
    /// <exception cref="IOException">The kernel refused the registration.</exception>
    public static RegisteredCredentials Register(EventLoop loop, uint userId, uint groupId, params ReadOnlySpan<uint> groups)
    {
        ArgumentNullException.ThrowIfNull(loop);
        ArgumentOutOfRangeException.ThrowIfEqual(userId, uint.MaxValue);
        ArgumentOutOfRangeException.ThrowIfEqual(groupId, uint.MaxValue);
        loop.Engine.VerifyOwner();
        loop.Engine.VerifyOpen();
        FileIdentity identity = new(userId, groupId, groups.ToArray());
        int number = loop.Engine.Ring.RegisterIdentity(identity);
        if (number == -Errno.EPERM)
        {
            throw new UnauthorizedAccessException($"This process may not act as user {userId}, group {groupId}: that takes CAP_SETUID and CAP_SETGID. Run it as root, or give it those (setcap, AmbientCapabilities= in a systemd unit).");
        }

        return number > 0
            ? new RegisteredCredentials(loop.Engine, (ushort)number, userId, groupId, identity)
            : throw new IOException($"Registering credentials of user {userId} failed with {Errno.Name(-number)}. Dispose credentials that are not needed any more.");
    }

    /// <summary>Takes them back. Requests that were submitted keep them; later ones are refused.</summary>
    public void Dispose()
    {
        if (IsDisposed)
        {
            return;
        }

        engine.VerifyOwner();
        IsDisposed = true;
        if (!engine.IsClosed)
        {
            engine.SubmitStaged(); // What names them by their number takes them with it.
            engine.Ring.UnregisterIdentity(Number);
        }
    }

    /// <summary>Refuses a request that would be made as somebody else: on another loop the number is another's.</summary>
    internal void VerifyUse(LoopEngine user)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (!ReferenceEquals(user, engine))
        {
            throw new InvalidOperationException($"The credentials of this request are registered with {engine.Loop.Name}; they cannot be used on {user.Loop.Name}. Register them with each loop.");
        }
    }
}
