using System.Net;
using System.Net.Sockets;

namespace Dispatch;

/// <summary>Makes outgoing connections: resolve, then try the addresses in turn.</summary>
internal static class Connector
{
    public static Task<Connection> ConnectAsync(EventLoop loop, string host, int port, CancellationToken token)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, 65_535);
        return IPAddress.TryParse(host, out IPAddress? address)
            ? ConnectAsync(loop, new IPEndPoint(address, port), token)
            : ConnectAsync(loop, new DnsEndPoint(host, port), token);
    }

    public static Task<Connection> ConnectAsync(EventLoop loop, EndPoint endPoint, CancellationToken token) =>
        loop.IsOwner ? ConnectOnOwnerAsync(loop, endPoint, token) : loop.InvokeAsync(() => ConnectOnOwnerAsync(loop, endPoint, token));

    private static async Task<Connection> ConnectOnOwnerAsync(EventLoop loop, EndPoint endPoint, CancellationToken token)
    {
        if (endPoint is not DnsEndPoint name)
        {
            return await ConnectOneAsync(loop, endPoint, token);
        }

        IPAddress[] addresses = await Dns.GetHostAddressesAsync(name.Host, name.AddressFamily, token);
        await loop.SwitchTo(); // Names are resolved by the framework; whatever thread answered, the rest is the owner's.
        Exception? last = null;
        foreach (IPAddress address in addresses)
        {
            try
            {
                return await ConnectOneAsync(loop, new IPEndPoint(address, name.Port), token);
            }
            catch (SocketException e)
            {
                last = e;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    private static async ValueTask<Connection> ConnectOneAsync(EventLoop loop, EndPoint endPoint, CancellationToken token)
    {
        int number = SocketCalls.Open(loop.Engine.Ring.Calls, endPoint.AddressFamily);
        OwnedDescriptor descriptor = new(number, loop.Engine.Ring.Calls);
        try
        {
            IoRequest request = IoRequest.Connect(number, endPoint);
            request.Target = descriptor;
            await loop.ExecuteAsync(request, token);
            if (endPoint.AddressFamily != AddressFamily.Unix)
            {
                SocketCalls.SetNoDelay(loop.Engine.Ring.Calls, number);
            }

            return new Connection(loop.Engine, descriptor, endPoint.AddressFamily, endPoint);
        }
        catch
        {
            descriptor.CloseNow();
            DescriptorEvents.Announce();
            throw;
        }
    }
}
