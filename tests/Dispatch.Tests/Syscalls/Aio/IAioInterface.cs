namespace Dispatch.Tests;

/// <summary>The old asynchronous interface: the kernel's own, or Dispatch's on a loop.</summary>
internal interface IAioInterface
{
    int Submit(ReadOnlySpan<nint> blocks);

    /// <summary>Waits for so many events.</summary>
    AioEvent[] Take(int count);

    int Cancel(nint block);
}
