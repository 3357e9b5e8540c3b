using System.Net.Sockets;

namespace Dispatch;

/// <summary>
/// Turns a failed call's result into the exception that .NET throws when the same call fails. Every message names the call, what it was called on,
/// the error by name, and what to do about it where something can be done. Pure but for <see cref="ForFile"/>, which may look whether a folder exists;
/// for any thread.
/// </summary>
/// <remarks>
/// A request that ran out of time looks like a cancelled one here: whoever set the deadline knows better, and throws
/// <see cref="TimeoutException"/>. Whoever cancelled without a token passes the result through <see cref="Errno.FromResult"/> first.
/// </remarks>
internal static class ErrorMap
{
    /// <summary>What a submit that stands in no call of the user's would have thrown, as a positive errno.</summary>
    public static int ErrnoOf(Exception error) => error switch
    {
        ObjectDisposedException => Errno.EBADF,
        IOException { HResult: > 0 and < 4096 } failure => failure.HResult,
        _ => Errno.EINVAL,
    };

    /// <summary>Makes the exception of a failed call on a file or a path.</summary>
    /// <param name="call">The call's name, as its man page has it: <c>openat</c>.</param>
    /// <param name="result">Its result, negative.</param>
    /// <param name="path">The path it was called with, or that of the file it was called on; null where it is not known.</param>
    /// <param name="token">The token that may have cancelled it.</param>
    /// <returns>
    /// <see cref="OperationCanceledException"/>, <see cref="FileNotFoundException"/>, <see cref="DirectoryNotFoundException"/>,
    /// <see cref="PathTooLongException"/>, <see cref="UnauthorizedAccessException"/> around an <see cref="IOException"/>, or an
    /// <see cref="IOException"/>; that one's <see cref="Exception.HResult"/> is the errno. A failed call on a ring is always an
    /// <see cref="IOException"/>.
    /// </returns>
    public static Exception ForFile(string call, long result, string? path = null, CancellationToken token = default)
    {
        int errno = Errno.FromResult(result, token.IsCancellationRequested);
        string? subject = path is null ? null : $"'{path}'";
        if (errno == Errno.ECANCELED)
        {
            return Cancelled(call, subject, token);
        }

        string message = Message(call, subject, errno);
        if (CallKind.IsRing(call))
        {
            // A ring is no file that a user could have no access to.
            return new IOException(message, errno);
        }

        bool namesPath = path is not null || CallKind.IsPath(call);
        switch (errno)
        {
            case Errno.ENOENT when namesPath:
                return IsFolderMissing(call, path) ? new DirectoryNotFoundException(message) : new FileNotFoundException(message, path);
            case Errno.ENOTDIR when namesPath:
                return new DirectoryNotFoundException(message);
            case Errno.ENAMETOOLONG:
                return new PathTooLongException(message);
            case Errno.EACCES or Errno.EPERM or Errno.EROFS or Errno.EISDIR:
            case Errno.EBADF when CallKind.IsReadOrWrite(call):
                // A read of a descriptor that is open for writing only answers EBADF.
                return new UnauthorizedAccessException(message, new IOException(message, errno));
            default:
                return new IOException(message, errno);
        }
    }

    /// <summary>Makes the exception of a failed call on a socket.</summary>
    /// <param name="call">The call's name, as its man page has it: <c>connect</c>.</param>
    /// <param name="result">Its result, negative.</param>
    /// <param name="endPoint">The address it was called with, in words; null where it is not known.</param>
    /// <param name="token">The token that may have cancelled it.</param>
    /// <returns><see cref="OperationCanceledException"/> or <see cref="SocketException"/>.</returns>
    public static Exception ForSocket(string call, long result, string? endPoint = null, CancellationToken token = default)
    {
        int errno = Errno.FromResult(result, token.IsCancellationRequested);
        return errno == Errno.ECANCELED
            ? Cancelled(call, endPoint, token)
            : new SocketException((int)SocketErrorTable.Of(errno), Message(call, endPoint, errno));
    }

    /// <summary>Makes the exception of a failed request of which no more is known than its call.</summary>
    /// <param name="call">The call's name, as its man page has it.</param>
    /// <param name="isSocketCall">Whether the call is on a socket.</param>
    /// <param name="result">Its result, negative.</param>
    /// <param name="token">The token that may have cancelled it.</param>
    /// <returns>What <see cref="ForSocket"/> or <see cref="ForFile"/> returns.</returns>
    public static Exception ForRequest(string call, bool isSocketCall, long result, CancellationToken token) =>
        isSocketCall ? ForSocket(call, result, null, token) : ForFile(call, result, null, token);

    private static OperationCanceledException Cancelled(string call, string? subject, CancellationToken token)
    {
        string on = subject is null ? string.Empty : $" on {subject}";
        string who = token.IsCancellationRequested
            ? string.Empty
            : " No token asked for it: its handle or its loop was closed, or a request that it was linked to failed.";
        return new OperationCanceledException($"{call}{on} was cancelled (ECANCELED).{who}", token);
    }

    private static string Message(string call, string? subject, int errno)
    {
        string on = subject is null ? string.Empty : $" on {subject}";
        string? remedy = ErrorRemedy.For(call, errno);
        return $"{call}{on} failed: {Errno.Name(errno)}, {Errno.Explain(errno)}.{(remedy is null ? string.Empty : " ")}{remedy}";
    }

    // The kernel does not tell which part of a path is missing; users tell a missing file from a missing folder, so look. This blocks, on
    // the error path alone and for a folder that the kernel has looked up a moment ago. A relative path is taken to start at the current
    // directory, as openat takes it with AT_FDCWD.
    private static bool IsFolderMissing(string call, string? path)
    {
        if (path is null || CallKind.IsFolder(call))
        {
            return CallKind.IsFolder(call);
        }

        string? folder = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(path));
        return !string.IsNullOrEmpty(folder) && !Directory.Exists(folder);
    }
}
