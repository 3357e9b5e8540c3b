using System.Net;
using System.Net.Sockets;

namespace Dispatch.Tests;

/// <summary><see cref="ErrorMap.ForSocket"/> and <see cref="SocketErrorTable"/>: the errors of .NET's own sockets.</summary>
public sealed class ErrorMapSocketTests
{
    private static readonly CancellationToken NoToken = CancellationToken.None;

    [Fact]
    public void A_refused_connect_throws_what_dotnet_throws()
    {
        EndPoint nobody = UnusedEndPoint();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var expected = Assert.Throws<SocketException>(() => socket.Connect(nobody));

        var actual = Assert.IsType<SocketException>(ForSocket("connect", -Errno.ECONNREFUSED, nobody.ToString()));

        Assert.Equal(expected.SocketErrorCode, actual.SocketErrorCode);
        Assert.Equal(expected.NativeErrorCode, actual.NativeErrorCode);
        Assert.Equal($"connect on {nobody} failed: ECONNREFUSED, connection refused. Nothing listens at this address.", actual.Message);
    }

    [Fact]
    public void Each_socket_error_comes_back_from_the_errno_that_dotnet_has_for_it()
    {
        // On Linux, NativeErrorCode is the errno of a socket error. Where .NET has two errors for one errno, or a number that is no errno, it has
        // no way back; these are the only ones.
        SocketError[] oneWay = [SocketError.SocketError, SocketError.HostNotFound, SocketError.VersionNotSupported, SocketError.NotInitialized,
            SocketError.ProcessLimit, SocketError.SystemNotReady, SocketError.TypeNotFound, SocketError.TryAgain, SocketError.NoRecovery,
            SocketError.IOPending, SocketError.Success];

        foreach (SocketError error in Enum.GetValues<SocketError>().Except(oneWay))
        {
            int errno = new SocketException((int)error).NativeErrorCode;
            Assert.Equal((error, errno), (SocketErrorTable.Of(errno), errno));
        }
    }

    [Theory]
    [InlineData(Errno.EPERM, SocketError.AccessDenied)]
    [InlineData(Errno.ENOENT, SocketError.AddressNotAvailable)]
    [InlineData(Errno.ENFILE, SocketError.TooManyOpenSockets)]
    [InlineData(Errno.EBADF, SocketError.OperationAborted)]
    [InlineData(Errno.ENXIO, SocketError.HostNotFound)]
    [InlineData(Errno.ENOMEM, SocketError.NoBufferSpaceAvailable)]
    [InlineData(Errno.ENOSYS, SocketError.OperationNotSupported)]
    [InlineData(Errno.EPROTO, SocketError.SocketError)]
    [InlineData(999, SocketError.SocketError)]
    public void An_errno_has_its_socket_error(int errno, SocketError error)
    {
        var exception = Assert.IsType<SocketException>(ForSocket("recv", -errno));

        Assert.Equal(error, exception.SocketErrorCode);
        Assert.StartsWith($"recv failed: {Errno.Name(errno)}, {Errno.Explain(errno)}.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_socket_call_throws_with_the_token_that_cancelled_it()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();

        Exception cancelled = ErrorMap.ForSocket("accept", -Errno.ECANCELED, "127.0.0.1:80", source.Token);
        Exception interrupted = ErrorMap.ForSocket("accept", -Errno.ERESTARTSYS, null, source.Token);

        Assert.Equal(source.Token, Assert.IsType<OperationCanceledException>(cancelled).CancellationToken);
        Assert.Equal("accept on 127.0.0.1:80 was cancelled (ECANCELED).", cancelled.Message);
        Assert.IsType<OperationCanceledException>(interrupted);
        Assert.Equal(SocketError.Interrupted, Assert.IsType<SocketException>(ForSocket("accept", -Errno.ERESTARTSYS)).SocketErrorCode);
    }

    private static Exception ForSocket(string call, long result, string? endPoint = null) => ErrorMap.ForSocket(call, result, endPoint, NoToken);

    // Bound and not listening: nobody else can take the port while the test runs, and a connect is refused.
    private static EndPoint UnusedEndPoint()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket.LocalEndPoint!;
    }
}
