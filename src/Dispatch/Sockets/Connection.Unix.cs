using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace Dispatch;

/// <content>What only Unix-domain connections can: say who the peer is, and pass descriptors. <c>unix(7)</c>.</content>
public sealed partial class Connection
{
    private const int PeerCredentialOption = 17; // SO_PEERCRED of asm-generic/socket.h.
    private const int MostDescriptors = 253; // SCM_MAX_FD of the kernel.

    /// <summary>Gets who was at the other end of a Unix-domain connection when it was made. <c>getsockopt(2)</c>. Owner thread only.</summary>
    /// <returns>The kernel's word on the peer.</returns>
    /// <exception cref="NotSupportedException">It is no Unix-domain connection.</exception>
    public unsafe PeerCredentials GetPeerCredentials()
    {
        VerifyUnix();
        uint* credentials = stackalloc uint[3];
        Verify("getsockopt", CallsOnOwner().GetOption(OwnedDescriptor.Number, LibC.SOL_SOCKET, PeerCredentialOption, credentials, 3 * sizeof(uint)));
        return new PeerCredentials((int)credentials[0], credentials[1], credentials[2]);
    }

    /// <summary>
    /// Sends data with open descriptors, of which the peer gets duplicates (SCM_RIGHTS). Made after the sends before it; send nothing else until it ends. <c>sendmsg(2)</c>. Any thread.
    /// </summary>
    /// <param name="data">The data: one byte at least, which the descriptors travel with.</param>
    /// <param name="handles">The descriptors, 1 to 253. They stay the caller's, and open until the task ends.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task that ends when the kernel has taken all of it.</returns>
    /// <exception cref="NotSupportedException">It is no Unix-domain connection.</exception>
    /// <exception cref="SocketException">The connection broke.</exception>
    public ValueTask SendDescriptorsAsync(ReadOnlyMemory<byte> data, IReadOnlyList<SafeHandle> handles, CancellationToken cancellationToken = default)
    {
        VerifyUnix();
        ArgumentNullException.ThrowIfNull(handles);
        if (data.IsEmpty)
        {
            throw new ArgumentException("Descriptors travel with data: send one byte at least.", nameof(data));
        }

        if (handles.Count is 0 or > MostDescriptors)
        {
            throw new ArgumentException($"1 to {MostDescriptors} descriptors can be sent at a time; {handles.Count} were given.", nameof(handles));
        }

        return new(Engine.IsOwner ? SendHandlesAsync(data, handles, cancellationToken) : Loop.InvokeAsync(() => SendHandlesAsync(data, handles, cancellationToken)));
    }

    /// <summary>
    /// Receives data with the descriptors that came with it. Receive by this alone where descriptors may come: any other receive has the kernel close them. <c>recvmsg(2)</c>. Any thread.
    /// </summary>
    /// <param name="destination">Where the data goes. Not empty.</param>
    /// <param name="maxDescriptors">Room for so many descriptors, 1 to 253.</param>
    /// <param name="cancellationToken">Gives up waiting. What was received nevertheless is returned.</param>
    /// <returns>The bytes, and the descriptors.</returns>
    /// <exception cref="NotSupportedException">It is no Unix-domain connection.</exception>
    /// <exception cref="InvalidOperationException">Something else is receiving, or has received what was not read yet.</exception>
    /// <exception cref="SocketException">The connection broke.</exception>
    public Task<ReceivedDescriptors> ReceiveDescriptorsAsync(Memory<byte> destination, int maxDescriptors = 16, CancellationToken cancellationToken = default)
    {
        VerifyUnix();
        ArgumentOutOfRangeException.ThrowIfLessThan(maxDescriptors, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxDescriptors, MostDescriptors);
        if (destination.IsEmpty)
        {
            throw new ArgumentException("The destination is empty: a receive into it could not be told from the end of the stream.", nameof(destination));
        }

        return Engine.IsOwner ? ReceiveHandlesAsync(destination, maxDescriptors, cancellationToken) : Loop.InvokeAsync(() => ReceiveHandlesAsync(destination, maxDescriptors, cancellationToken));
    }

    private async Task SendHandlesAsync(ReadOnlyMemory<byte> data, IReadOnlyList<SafeHandle> handles, CancellationToken token)
    {
        await Sends.WhenDrainedAsync();
        token.ThrowIfCancellationRequested();
        int sent;
        int[] numbers = new int[handles.Count];
        int held = 0;
        try
        {
            // Held until the kernel has taken them: a number that was closed meanwhile could be another file's.
            for (; held < numbers.Length; held++)
            {
                numbers[held] = HandleReference.Take(handles[held]);
            }

            sent = await Loop.ExecuteAsync(IoRequest.SendMessage(this, [data], control: ControlMessages.ForDescriptors(numbers)), token);
        }
        finally
        {
            while (--held >= 0)
            {
                HandleReference.Release(handles[held]);
            }
        }

        await SendAsync(data[sent..], token); // The descriptors went with the first byte.
    }

    private async Task<ReceivedDescriptors> ReceiveHandlesAsync(Memory<byte> destination, int most, CancellationToken token)
    {
        if (Receiving.IsBusy || Receiving.HasUnread)
        {
            throw new InvalidOperationException("Data of this connection is being received, or was received and not read yet, in another way: descriptors that came with it are gone. Receive by ReceiveDescriptorsAsync alone.");
        }

        MessageDetails details = new(ControlMessages.SpaceFor(most * sizeof(int)));
        int count = await Loop.ExecuteAsync(IoRequest.ReceiveMessage(this, [destination], details), token);
        int[] numbers = ControlMessages.DescriptorsIn(details.Control);
        return new ReceivedDescriptors(count, [.. numbers.Select(n => new SafeFileHandle(n, ownsHandle: true))], (details.Flags & MessageFlags.ControlTruncated) != 0);
    }

    private void VerifyUnix()
    {
        if (Family != AddressFamily.Unix)
        {
            throw new NotSupportedException($"This is a connection of {Family}: only Unix-domain connections know their peer and pass descriptors.");
        }
    }
}
