namespace Dispatch;

/// <summary>What <c>fallocate(2)</c> does with a range.</summary>
[Flags]
public enum FileAllocationMode
{
    /// <summary>Allocate space, and grow the file to hold the range.</summary>
    Allocate = 0,

    /// <summary>Leave the file's length as it is (FALLOC_FL_KEEP_SIZE).</summary>
    KeepSize = 1,

    /// <summary>Free the range; it reads as zeroes (FALLOC_FL_PUNCH_HOLE, with <see cref="KeepSize"/>).</summary>
    PunchHole = 2,

    /// <summary>Take the range out; what follows moves up (FALLOC_FL_COLLAPSE_RANGE).</summary>
    CollapseRange = 8,

    /// <summary>Zero the range, keeping it allocated (FALLOC_FL_ZERO_RANGE).</summary>
    ZeroRange = 16,

    /// <summary>Insert a hole; what follows moves down (FALLOC_FL_INSERT_RANGE).</summary>
    InsertRange = 32,
}
