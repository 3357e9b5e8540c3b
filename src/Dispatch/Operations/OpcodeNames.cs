namespace Dispatch;

/// <summary>The call behind each opcode, by the name of its man page, and the errors that a .NET user expects of it.</summary>
internal static class OpcodeNames
{
    /// <summary>The call's name.</summary>
    public static string Of(Opcode opcode) => OpcodeTable.Of(opcode).Call;

    /// <summary>Builds the exception for a failed call, of which the loop's kernel may know nothing.</summary>
    public static Exception Explain(LoopEngine engine, Opcode opcode, long result, object? subject, CancellationToken token, string? name = null) =>
        result == -Errno.EINVAL && !engine.Ring.Supports(opcode) ? OpcodeTable.Lacks(opcode, engine.Ring, engine.Loop.Name) : Explain(opcode, result, subject, token, name);

    /// <summary>Builds the exception for a failed call.</summary>
    public static Exception Explain(Opcode opcode, long result, object? subject, CancellationToken token, string? name = null)
    {
        string call = name ?? Of(opcode);
        return IsSocketCall(opcode)
            ? ErrorMap.ForSocket(call, result, subject?.ToString(), token)
            : ErrorMap.ForFile(call, result, subject as string, token);
    }

    /// <summary>Builds the exception of a result that the caller's type cannot hold. Nothing is lost: the message has it.</summary>
    public static OverflowException TooWide(string call, long result) => new($"The result of {call}, {result}, does not fit into 32 bits. Use EventLoop.CompleteAsync, whose completions have 64.");

    private static bool IsSocketCall(Opcode opcode) => opcode is Opcode.Accept or Opcode.Connect or Opcode.Send or Opcode.Recv
        or Opcode.Sendmsg or Opcode.Recvmsg or Opcode.Shutdown or Opcode.Socket or Opcode.SendZc or Opcode.SendmsgZc or Opcode.Bind or Opcode.Listen or Opcode.UringCmd;
}
