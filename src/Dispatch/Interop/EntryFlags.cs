namespace Dispatch;

/// <summary>The kernel's <c>IOSQE_*</c> bits.</summary>
[Flags]
internal enum EntryFlags : byte
{
    None = 0,
    FixedFile = 1 << 0,
    Drain = 1 << 1,
    Link = 1 << 2,
    HardLink = 1 << 3,
    Async = 1 << 4,
    BufferSelect = 1 << 5,
    SkipSuccess = 1 << 6,
}
