using System.Runtime.InteropServices;
using System.Text;

namespace Dispatch;

/// <summary>The safety table: every system call of this architecture that Linux 6.18 has. The data are in the other part, made from syscalls.tsv. Any thread.</summary>
internal static partial class SystemCallTable
{
    private static readonly bool IsArm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>Gets the number after the greatest one.</summary>
    public static int End => Rows.Length;

    private static ReadOnlySpan<ushort> Rows => IsArm64 ? Arm64Rows : X64Rows;

    /// <summary>Looks a number up. False when the table has no such call.</summary>
    public static bool TryFind(long number, out SystemCallFacts facts)
    {
        ReadOnlySpan<ushort> rows = Rows;
        if ((ulong)number < (ulong)rows.Length && rows[(int)number] is not 0 and ushort row)
        {
            facts = new SystemCallFacts(Facts[row - 1], row - 1);
            return true;
        }

        facts = default;
        return false;
    }

    /// <summary>Gets the name of a call by its number; the number itself where the table has no such call.</summary>
    public static string NameOf(long number) => TryFind(number, out SystemCallFacts facts) ? facts.Name : $"system call {number}";

    /// <summary>Gets a row's name.</summary>
    internal static string RowName(int row)
    {
        int start = row == 0 ? 0 : NameEnds[row - 1];
        return Encoding.ASCII.GetString(Names[start..NameEnds[row]]);
    }

    /// <summary>Gets a reason by its number.</summary>
    internal static string ReasonOf(uint index) => ReasonAt(index);
}
