using System.Net.WebSockets;

namespace Dispatch.Examples.WebApp.Endpoints;

/// <summary>A WebSocket that sends back what it receives, piece by piece, until either side closes it or the server ends.</summary>
internal static class WebSocketEcho
{
    private static readonly TimeSpan PatienceAtTheEnd = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            return;
        }

        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        using CancellationTokenSource patience = new();
        CancellationToken stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        await using CancellationTokenRegistration registration = stopping.Register(() =>
        {
            // The peer answers a close with its own, which the echo sees. One that does not is left.
            _ = CloseAsync(socket, WebSocketCloseStatus.EndpointUnavailable);
            patience.CancelAfter(PatienceAtTheEnd);
        });
        try
        {
            await EchoAsync(socket, patience.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            socket.Abort(); // The peer has gone without a word, or gives none.
        }
    }

    private static async Task EchoAsync(WebSocket socket, CancellationToken token)
    {
        byte[] buffer = new byte[4096];
        while (true)
        {
            ValueWebSocketReceiveResult piece = await socket.ReceiveAsync(buffer.AsMemory(), token);
            if (piece.MessageType == WebSocketMessageType.Close)
            {
                await CloseAsync(socket, WebSocketCloseStatus.NormalClosure);
                return;
            }

            if (socket.State == WebSocketState.Open)
            {
                await socket.SendAsync(buffer.AsMemory(0, piece.Count), piece.MessageType, piece.EndOfMessage, token);
            }
        }
    }

    private static async Task CloseAsync(WebSocket socket, WebSocketCloseStatus status)
    {
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(status, null, CancellationToken.None);
            }
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or InvalidOperationException)
        {
            // It is closed already, or broken: the same to us.
        }
    }
}
