using Microsoft.Extensions.Logging;

namespace Dispatch.AspNetCore;

/// <summary>What the transport logs.</summary>
internal static partial class LogMessages
{
    /// <summary>The category.</summary>
    public const string Category = "Dispatch.AspNetCore";

    [LoggerMessage(1, LogLevel.Warning, "Kestrel is served by the default sockets transport and not by Dispatch: {Why}.")]
    public static partial void FellBack(ILogger logger, string why);

    [LoggerMessage(2, LogLevel.Warning, "Connection {ConnectionId} has kept {Loop} for {Milliseconds} ms at a stretch (endpoint: {Endpoint}), {Times} times by now: it goes on on the thread pool.")]
    public static partial void LeftLoop(ILogger logger, string connectionId, string loop, long milliseconds, string endpoint, int times);

    [LoggerMessage(3, LogLevel.Debug, "Connection {ConnectionId} was aborted: {Why}")]
    public static partial void Aborted(ILogger logger, string connectionId, string why);

    [LoggerMessage(4, LogLevel.Error, "A callback on the end of connection {ConnectionId} has thrown.")]
    public static partial void CallbackFailed(ILogger logger, Exception exception, string connectionId);
}
