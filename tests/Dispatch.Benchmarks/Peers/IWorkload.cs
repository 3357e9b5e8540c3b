namespace Dispatch.Benchmarks;

/// <summary>
/// Work that a child process does in windows. Made, run and disposed on one thread, which is not one of the pool's.
/// </summary>
internal interface IWorkload : IDisposable
{
    /// <summary>Works for about <paramref name="length"/> and ends all that was begun.</summary>
    Window Run(TimeSpan length);
}
