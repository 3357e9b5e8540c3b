namespace Dispatch;

/// <summary>Who was at the other end of a Unix-domain connection when it was made (SO_PEERCRED of <c>unix(7)</c>): told by the kernel, not by the peer.</summary>
/// <param name="ProcessId">The process. It may have ended since, and its number be another's.</param>
/// <param name="UserId">The effective user.</param>
/// <param name="GroupId">The effective group.</param>
public readonly record struct PeerCredentials(int ProcessId, uint UserId, uint GroupId);
