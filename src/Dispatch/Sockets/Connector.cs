using System.Net;
using System.Net.Sockets;

namespace Dispatch;

/// <summary>Makes outgoing connections: resolve, then try the addresses in turn.</summary>
internal static class Connector
{
    public static Task<Connection> ConnectAsync(EventLoop loop, string host, int port, ConnectionOptions options, CancellationToken token)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, 65_535);
        return IPAddress.TryParse(host, out IPAddress? address)
            ? ConnectAsync(loop, new IPEndPoint(address, port), options, token)
            : ConnectAsync(loop, new DnsEndPoint(host, port), options, token);
    }

    public static Task<Connection> ConnectAsync(EventLoop loop, EndPoint endPoint, ConnectionOptions options, CancellationToken token)
    {
        options.Validate();
        return loop.IsOwner ? ConnectOnOwnerAsync(loop, endPoint, options, token) : loop.InvokeAsync(() => ConnectOnOwnerAsync(loop, endPoint, options, token));
    }

    private static async Task<Connection> ConnectOnOwnerAsync(EventLoop loop, EndPoint endPoint, ConnectionOptions options, CancellationToken token)
    {
        if (endPoint is not DnsEndPoint name)
        {
            return await ConnectOneAsync(loop, endPoint, options, token);
        }

        IPAddress[] addresses = await Dns.GetHostAddressesAsync(name.Host, name.AddressFamily, token);
        await loop.SwitchTo(); // Names are resolved by the framework; whatever thread answered, the rest is the owner's.
        Exception? last = null;
        foreach (IPAddress address in addresses)
        {
            try
            {
                return await ConnectOneAsync(loop, new IPEndPoint(address, name.Port), options, token);
            }
            catch (SocketException e)
            {
                last = e;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    private static async ValueTask<Connection> ConnectOneAsync(EventLoop loop, EndPoint endPoint, ConnectionOptions options, CancellationToken token)
    {
        int number = SocketCalls.Open(loop.Engine.Ring.Calls, endPoint.AddressFamily);
        OwnedDescriptor descriptor = new(number, loop.Engine.Ring.Calls);
        try
        {
            IoRequest request = IoRequest.Connect(number, endPoint);
            request.Target = descriptor;
            await loop.ExecuteAsync(request, token);
            SocketOptions.Apply(loop.Engine.Ring.Calls, number, endPoint.AddressFamily, options);
            return new Connection(loop.Engine, descriptor, endPoint.AddressFamily, endPoint, options);
        }
        catch
        {
            descriptor.CloseNow();
            DescriptorEvents.Announce();
            throw;
        }
    }
}
