using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>One event of an epoll set: a <c>struct epoll_event</c>. See <c>epoll_wait(2)</c>.</summary>
/// <param name="Events">What has happened.</param>
/// <param name="Data">What the descriptor was added with.</param>
public readonly record struct EpollEvent(EpollEvents Events, ulong Data)
{
    /// <summary>Gets the size of one record in bytes: 12 on x86-64, 16 elsewhere.</summary>
    public static int RecordBytes => IsPacked ? 12 : 16;

    private static bool IsPacked => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    private static int DataOffset => IsPacked ? 4 : 8;

    /// <summary>Reads one of the records that <see cref="IoRequest.EpollWait"/> has brought.</summary>
    /// <param name="records">The request's memory.</param>
    /// <param name="index">Which one, from 0; fewer than the completion's result.</param>
    /// <returns>The event.</returns>
    public static EpollEvent Read(ReadOnlySpan<byte> records, int index)
    {
        ReadOnlySpan<byte> record = records.Slice(index * RecordBytes, RecordBytes);
        return new EpollEvent((EpollEvents)BinaryPrimitives.ReadUInt32LittleEndian(record), BinaryPrimitives.ReadUInt64LittleEndian(record[DataOffset..]));
    }

    internal byte[] ToRecord()
    {
        byte[] record = new byte[RecordBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)Events);
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(DataOffset), Data);
        return record;
    }
}
