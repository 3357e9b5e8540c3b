namespace Dispatch.Testing;

/// <summary>What comes with received bytes.</summary>
/// <param name="From">Who sent them; null on a stream, and for a sender without an address.</param>
/// <param name="IsTruncated">Whether the message had more bytes than there was room for.</param>
internal readonly record struct MessageOrigin(SimulatedAddress? From, bool IsTruncated);
