using System.Diagnostics;

namespace Dispatch.Benchmarks;

/// <summary>A program that a contender runs.</summary>
internal interface IProgram
{
    /// <summary>Makes sure that the program is there and says how to start it.</summary>
    /// <exception cref="ContenderMissingException">It cannot be had on this machine.</exception>
    Task<ProcessStartInfo> PrepareAsync(CancellationToken cancellationToken);
}
