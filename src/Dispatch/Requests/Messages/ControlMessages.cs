using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>Writes and reads the control data of messages (<c>cmsg(3)</c>, <c>unix(7)</c>). Pure; any thread.</summary>
public static class ControlMessages
{
    private const int HeaderBytes = 16;
    private const int SocketLevel = 1; // SOL_SOCKET
    private const int Rights = 1; // SCM_RIGHTS

    /// <summary>Says how much room a record takes with this much data: CMSG_SPACE.</summary>
    /// <param name="dataBytes">Bytes of data.</param>
    /// <returns>Bytes.</returns>
    public static int SpaceFor(int dataBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(dataBytes);
        return HeaderBytes + Align(dataBytes);
    }

    /// <summary>Writes one record.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="level">The protocol.</param>
    /// <param name="type">The type within it.</param>
    /// <param name="data">The data.</param>
    /// <returns>How many bytes were written; the next record follows there.</returns>
    /// <exception cref="ArgumentException">There is no room for it.</exception>
    public static int Write(Span<byte> destination, int level, int type, ReadOnlySpan<byte> data)
    {
        int space = SpaceFor(data.Length);
        if (destination.Length < space)
        {
            throw new ArgumentException($"The record takes {space} bytes; there are {destination.Length}.", nameof(destination));
        }

        destination[..space].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(destination, HeaderBytes + data.Length);
        BinaryPrimitives.WriteInt32LittleEndian(destination[8..], level);
        BinaryPrimitives.WriteInt32LittleEndian(destination[12..], type);
        data.CopyTo(destination[HeaderBytes..]);
        return space;
    }

    /// <summary>Takes the next record off the control data.</summary>
    /// <param name="control">The control data; what follows the record afterwards.</param>
    /// <param name="message">The record.</param>
    /// <returns>False at the end, and where what follows is no whole record.</returns>
    public static bool TryRead(ref ReadOnlySpan<byte> control, out ControlMessage message)
    {
        message = default;
        if (control.Length < HeaderBytes)
        {
            return false;
        }

        long length = BinaryPrimitives.ReadInt64LittleEndian(control);
        if (length < HeaderBytes || length > control.Length)
        {
            return false;
        }

        message = new ControlMessage(BinaryPrimitives.ReadInt32LittleEndian(control[8..]), BinaryPrimitives.ReadInt32LittleEndian(control[12..]), control[HeaderBytes..(int)length]);
        control = control[Math.Min(control.Length, Align((int)length))..];
        return true;
    }

    /// <summary>Makes the record that passes open descriptors over a Unix-domain socket (SCM_RIGHTS). The caller keeps them open until the send has completed.</summary>
    /// <param name="descriptors">Their numbers; at most 253.</param>
    /// <returns>The control data.</returns>
    public static byte[] ForDescriptors(params ReadOnlySpan<int> descriptors)
    {
        ReadOnlySpan<byte> data = MemoryMarshal.AsBytes(descriptors);
        byte[] control = new byte[SpaceFor(data.Length)];
        Write(control, SocketLevel, Rights, data);
        return control;
    }

    /// <summary>Gets the descriptors that came with a message (SCM_RIGHTS). They are the caller's to close.</summary>
    /// <param name="control">Received control data.</param>
    /// <returns>Their numbers.</returns>
    public static int[] DescriptorsIn(ReadOnlySpan<byte> control)
    {
        List<int> all = [];
        while (TryRead(ref control, out ControlMessage message))
        {
            if (message.Level == SocketLevel && message.Type == Rights)
            {
                all.AddRange(MemoryMarshal.Cast<byte, int>(message.Data));
            }
        }

        return [.. all];
    }

    internal static int Align(int bytes) => (bytes + 7) & ~7;

    internal static void CloseDescriptors(LoopEngine engine, ReadOnlySpan<byte> control)
    {
        foreach (int number in DescriptorsIn(control))
        {
            _ = engine.Ring.Calls.Close(number);
            engine.CountOrphan();
        }
    }
}
