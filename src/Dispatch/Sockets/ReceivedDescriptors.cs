using Microsoft.Win32.SafeHandles;

namespace Dispatch;

/// <summary>What <see cref="Connection.ReceiveDescriptorsAsync"/> has received: bytes, and the descriptors that came with them.</summary>
/// <param name="Count">The number of bytes; 0 when the peer has finished sending.</param>
/// <param name="Handles">The descriptors, close-on-exec, the receiver's to dispose.</param>
/// <param name="IsTruncated">Whether more descriptors came than there was room for, or than the process may have open: the kernel has closed the rest.</param>
public readonly record struct ReceivedDescriptors(int Count, IReadOnlyList<SafeFileHandle> Handles, bool IsTruncated);
