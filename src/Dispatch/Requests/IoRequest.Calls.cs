namespace Dispatch;

/// <content>Any system call, by its number.</content>
public partial struct IoRequest
{
    private const int MostArguments = 6;

    /// <summary>
    /// Any system call. Where the ring has an operation that means the same it is the ring's; else a worker thread of the loop makes it, and its completion comes to the owner like any other, with a result of 64 bits
    /// (<see cref="EventLoop.CompleteAsync"/>). A cancel ends what can be interrupted. <c>syscall(2)</c>, <c>syscalls(2)</c>.
    /// </summary>
    /// <param name="number">The call's number on this architecture. <see cref="SystemCallInfo.Find"/> says what is known of it.</param>
    /// <param name="a0">The first argument. Addresses are of memory that the caller keeps in place until the completion; a bad one brings EFAULT.</param>
    /// <param name="a1">The second argument.</param>
    /// <param name="a2">The third argument.</param>
    /// <param name="a3">The fourth argument.</param>
    /// <param name="a4">The fifth argument.</param>
    /// <param name="a5">The sixth argument.</param>
    /// <returns>The request.</returns>
    /// <exception cref="NotSupportedException">The table refuses the call; the message says why.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Linux 6.18 has no call of this number here.</exception>
    public static IoRequest Syscall(long number, nint a0 = 0, nint a1 = 0, nint a2 = 0, nint a3 = 0, nint a4 = 0, nint a5 = 0)
    {
        IoRequest request = OnCall(number, allowUnsafe: false);
        ref CallEntry call = ref CallEntry.Of(ref request.Entry);
        call.A0 = a0;
        call.A1 = a1;
        call.A2 = a2;
        call.A3 = a3;
        call.A4 = a4;
        call.A5 = a5;
        return request;
    }

    /// <summary>Any system call, with memory, texts and handles among its arguments: memory is pinned, and a handle kept open, from submit to completion. See the other overload.</summary>
    /// <param name="number">The call's number on this architecture.</param>
    /// <param name="arguments">Up to six; two of them memory or text, two of them handles.</param>
    /// <returns>The request.</returns>
    /// <exception cref="NotSupportedException">The table refuses the call; the message says why.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Linux 6.18 has no call of this number here.</exception>
    /// <exception cref="ArgumentException">Too many arguments of a kind.</exception>
    public static IoRequest Syscall(long number, params ReadOnlySpan<SyscallArgument> arguments) => OnCall(number, allowUnsafe: false).With(arguments);

    /// <summary>Any system call, also one that the safety table refuses: made this once, on a worker, whatever it does to the process. See the other overloads.</summary>
    /// <param name="number">The call's number on this architecture.</param>
    /// <param name="arguments">Up to six; two of them memory or text, two of them handles.</param>
    /// <returns>The request.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Linux 6.18 has no call of this number here.</exception>
    /// <exception cref="ArgumentException">Too many arguments of a kind.</exception>
    public static IoRequest SyscallAllowUnsafe(long number, params ReadOnlySpan<SyscallArgument> arguments) => OnCall(number, allowUnsafe: true).With(arguments);

    /// <summary>Gets the bytes of a text as the kernel wants them.</summary>
    internal static Memory<byte> TextBytes(string text) => PathBytes(text, allowEmpty: true);

    private static IoRequest OnCall(long number, bool allowUnsafe)
    {
        if (!SystemCallTable.TryFind(number, out SystemCallFacts facts))
        {
            throw new ArgumentOutOfRangeException(nameof(number), number, "Linux 6.18 has no system call of this number on this architecture. Numbers differ from one architecture to another: see SystemCallInfo.All, or unistd.h.");
        }

        if (facts.Class == SystemCallClass.Refused && !allowUnsafe)
        {
            throw new NotSupportedException($"{facts.Name} is refused: {facts.Reason}. To have it made all the same, use IoRequest.SyscallAllowUnsafe.");
        }

        IoRequest request = default;
        ref CallEntry call = ref CallEntry.Of(ref request.Entry);
        call.Opcode = facts.MakesDescriptor ? CallEntry.DescriptorCall : CallEntry.SystemCall;
        call.Number = (int)number;
        request.hasReferences = true; // Never to the ring as it is.
        return request;
    }

    private readonly IoRequest With(ReadOnlySpan<SyscallArgument> arguments)
    {
        if (arguments.Length > MostArguments)
        {
            throw new ArgumentException($"A system call has {MostArguments} arguments at most; {arguments.Length} were given.", nameof(arguments));
        }

        IoRequest request = this;
        Memory<byte> second = default;
        object? secondTarget = null;
        int memories = 0;
        int handles = 0;
        for (int i = 0; i < arguments.Length; i++)
        {
            ref readonly SyscallArgument argument = ref arguments[i];
            ref CallEntry call = ref CallEntry.Of(ref request.Entry);
            if (argument.IsMemory && memories++ == 0)
            {
                request.First = argument.Memory;
                call.SetPlace(CallReference.First, i);
            }
            else if (argument.IsMemory)
            {
                second = argument.Memory;
                call.SetPlace(CallReference.Second, i);
            }
            else if (argument.Handle is not null && handles++ == 0)
            {
                request.Target = argument.Handle;
                call.SetPlace(CallReference.Target, i);
            }
            else if (argument.Handle is not null)
            {
                secondTarget = argument.Handle;
                call.SetPlace(CallReference.SecondTarget, i);
            }
            else
            {
                call.Argument(i) = argument.Value;
            }
        }

        if (memories > 2 || handles > 2)
        {
            throw new ArgumentException($"{request.Name}: two arguments may be memory and two may be handles; {memories} and {handles} were given. Give the others as addresses and numbers, and keep them in place yourself.", nameof(arguments));
        }

        if (memories == 2 || secondTarget is not null)
        {
            request.SetExtras(new RequestExtras { Second = second, OtherTarget = secondTarget });
        }

        return request;
    }
}
