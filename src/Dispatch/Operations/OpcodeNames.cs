using System.Net;

namespace Dispatch;

/// <summary>The call behind each opcode, by the name of its man page, and the errors that a .NET user expects of it.</summary>
internal static class OpcodeNames
{
    public static string Of(Opcode opcode) => opcode switch
    {
        Opcode.Nop => "nop",
        Opcode.Readv => "preadv",
        Opcode.Writev => "pwritev",
        Opcode.Fsync => "fsync",
        Opcode.ReadFixed => "pread",
        Opcode.WriteFixed => "pwrite",
        Opcode.PollAdd => "poll",
        Opcode.PollRemove => "poll removal",
        Opcode.Sendmsg => "sendmsg",
        Opcode.Recvmsg => "recvmsg",
        Opcode.Timeout => "timeout",
        Opcode.TimeoutRemove => "timeout removal",
        Opcode.Accept => "accept4",
        Opcode.AsyncCancel => "cancel",
        Opcode.LinkTimeout => "linked timeout",
        Opcode.Connect => "connect",
        Opcode.Fallocate => "fallocate",
        Opcode.Openat => "openat",
        Opcode.Close => "close",
        Opcode.Statx => "statx",
        Opcode.Read => "pread",
        Opcode.Write => "pwrite",
        Opcode.Fadvise => "posix_fadvise",
        Opcode.Send => "send",
        Opcode.Recv => "recv",
        Opcode.Openat2 => "openat2",
        Opcode.Shutdown => "shutdown",
        Opcode.Renameat => "renameat2",
        Opcode.Unlinkat => "unlinkat",
        Opcode.Mkdirat => "mkdirat",
        Opcode.MsgRing => "message to a loop",
        Opcode.Socket => "socket",
        Opcode.FutexWait => "futex wait",
        Opcode.FutexWake => "futex wake",
        Opcode.Ftruncate => "ftruncate",
        _ => opcode.ToString(),
    };

    /// <summary>Builds the exception for a failed call.</summary>
    public static Exception Explain(Opcode opcode, long result, object? subject, CancellationToken token, string? name = null)
    {
        string call = name ?? Of(opcode);
        return IsSocketCall(opcode)
            ? ErrorMap.ForSocket(call, result, (subject as EndPoint)?.ToString(), token)
            : ErrorMap.ForFile(call, result, subject as string, token);
    }

    /// <summary>Builds the exception of a result that the caller's type cannot hold. Nothing is lost: the message has it.</summary>
    public static OverflowException TooWide(string call, long result) => new($"The result of {call}, {result}, does not fit into 32 bits. Use EventLoop.CompleteAsync, whose completions have 64.");

    private static bool IsSocketCall(Opcode opcode) => opcode is Opcode.Accept or Opcode.Connect or Opcode.Send or Opcode.Recv
        or Opcode.Sendmsg or Opcode.Recvmsg or Opcode.Shutdown or Opcode.Socket or Opcode.SendZc;
}
