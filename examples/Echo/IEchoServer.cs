using System.Net;

namespace Dispatch.Examples.Echo;

/// <summary>A running echo server.</summary>
internal interface IEchoServer
{
    /// <summary>Gets where it listens.</summary>
    EndPoint LocalEndPoint { get; }

    /// <summary>Stops accepting, lets connections finish what they are sending, and ends the loops.</summary>
    /// <param name="deadline">How long that may take; then connections are broken.</param>
    /// <returns>What each loop did.</returns>
    Task<IReadOnlyList<LoopStatistics>> DrainAsync(TimeSpan deadline);
}
