using System.Buffers;
using System.IO.Pipelines;

namespace Dispatch.Examples.Echo;

/// <summary>The echo as a pipe a connection: for parsers and protocols that are written for <see cref="PipeReader"/> and <see cref="PipeWriter"/>.</summary>
internal static class PipeEcho
{
    /// <summary>Sends back what comes, until the peer has finished sending or the server stops.</summary>
    /// <param name="connection">The connection; it is closed when this ends.</param>
    /// <param name="stopping">Ends it between two messages.</param>
    /// <returns>A task that ends with the connection.</returns>
    public static async Task ServeAsync(Connection connection, CancellationToken stopping)
    {
        PipeReader input = connection.Input;
        PipeWriter output = connection.Output;
        while (true)
        {
            ReadResult read = await input.ReadAsync(stopping); // Points into the buffers that the kernel filled.
            foreach (ReadOnlyMemory<byte> block in read.Buffer)
            {
                output.Write(block.Span);
            }

            input.AdvanceTo(read.Buffer.End); // From here on the buffers are the kernel's again.
            await output.FlushAsync(CancellationToken.None); // Waits only while the peer takes too little.
            if (read.IsCompleted)
            {
                return;
            }
        }
    }
}
