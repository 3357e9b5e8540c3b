using System.IO.Pipelines;

namespace Dispatch;

/// <summary>Both directions of a connection.</summary>
internal sealed class ConnectionPipe(Connection connection) : IDuplexPipe
{
    /// <inheritdoc/>
    public PipeReader Input => connection.Input;

    /// <inheritdoc/>
    public PipeWriter Output => connection.Output;
}
