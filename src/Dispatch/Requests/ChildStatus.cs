using System.Buffers.Binary;

namespace Dispatch;

/// <summary>What became of a child: the part of a <c>siginfo_t</c> that <c>waitid(2)</c> fills.</summary>
/// <param name="ProcessId">The child; 0 when <see cref="ChildChanges.NoWait"/> found none that has changed.</param>
/// <param name="UserId">The child's real user.</param>
/// <param name="Change">What has happened.</param>
/// <param name="Status">The exit code, or the number of the signal.</param>
public readonly record struct ChildStatus(int ProcessId, int UserId, ChildChange Change, int Status)
{
    /// <summary>The size of a <c>siginfo_t</c>.</summary>
    public const int RecordBytes = 128;

    /// <summary>Reads what <see cref="IoRequest.WaitForChild"/> has brought.</summary>
    /// <param name="record">The request's memory.</param>
    /// <returns>The status.</returns>
    public static ChildStatus Parse(ReadOnlySpan<byte> record)
    {
        const int Code = 8;
        const int Process = 16;
        const int User = 20;
        const int StatusOffset = 24;
        return new ChildStatus(
            BinaryPrimitives.ReadInt32LittleEndian(record[Process..]),
            BinaryPrimitives.ReadInt32LittleEndian(record[User..]),
            (ChildChange)BinaryPrimitives.ReadInt32LittleEndian(record[Code..]),
            BinaryPrimitives.ReadInt32LittleEndian(record[StatusOffset..]));
    }
}
