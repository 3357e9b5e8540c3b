using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Dispatch.AspNetCore;

/// <summary>Stands where the transport would, on a system without loops: it takes no end point, so that Kestrel goes on to the default transport, and says so once.</summary>
internal sealed class UnsupportedTransportFactory(ILoggerFactory logging) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private int said;

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint)
    {
        if (Interlocked.Exchange(ref said, 1) == 0)
        {
            LogMessages.FellBack(logging.CreateLogger(LogMessages.Category), OperatingSystem.IsLinux() ? "the system refuses io_uring and Linux AIO" : "this is not Linux");
        }

        return false;
    }

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Dispatch needs Linux, and io_uring or Linux AIO.");
}
