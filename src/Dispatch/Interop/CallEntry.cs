using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// A system call in the place of a submission entry: the number and six arguments beside what every request has (opcode, flags, tag). It never goes to a ring as it is: a loop turns it into an entry of the ring's own, or has a worker
/// make it.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct CallEntry
{
    /// <summary>None of the kernel's opcodes: a system call.</summary>
    public const Opcode SystemCall = (Opcode)255;

    /// <summary>None of the kernel's opcodes: a system call whose result is a descriptor.</summary>
    public const Opcode DescriptorCall = (Opcode)254;

    /// <summary><see cref="SystemCall"/> or <see cref="DescriptorCall"/>.</summary>
    [FieldOffset(0)]
    public Opcode Opcode;

    [FieldOffset(1)]
    public EntryFlags Flags;

    /// <summary>Which arguments are written at submit, three bits each, 1 for the first: the first block of memory, the second, the handle, the second handle.</summary>
    [FieldOffset(2)]
    public ushort Places;

    [FieldOffset(4)]
    public int Number;

    [FieldOffset(8)]
    public long A0;

    [FieldOffset(16)]
    public long A1;

    [FieldOffset(24)]
    public long A2;

    [FieldOffset(32)]
    public ulong UserData;

    [FieldOffset(40)]
    public long A3;

    [FieldOffset(48)]
    public long A4;

    [FieldOffset(56)]
    public long A5;

    /// <summary>Says whether an entry of this opcode is a call.</summary>
    public static bool IsCall(Opcode opcode) => opcode is SystemCall or DescriptorCall;

    /// <summary>Looks at an entry as a call.</summary>
    public static ref CallEntry Of(ref SubmissionEntry entry) => ref Unsafe.As<SubmissionEntry, CallEntry>(ref entry);

    /// <summary>Gets an argument by its place, 0 to 5.</summary>
    [UnscopedRef]
    public ref long Argument(int place)
    {
        switch (place)
        {
            case 0:
                return ref A0;
            case 1:
                return ref A1;
            case 2:
                return ref A2;
            case 3:
                return ref A3;
            case 4:
                return ref A4;
            default:
                return ref A5;
        }
    }

    /// <summary>Notes that an argument is written at submit.</summary>
    public void SetPlace(CallReference reference, int argument) => Places |= (ushort)((argument + 1) << ((int)reference * 3));

    /// <summary>Writes an argument, if there is one of this kind.</summary>
    public void Write(CallReference reference, long value)
    {
        int place = (Places >> ((int)reference * 3)) & 7;
        if (place != 0)
        {
            Argument(place - 1) = value;
        }
    }
}
