namespace Dispatch;

/// <summary>What a turn hands over, and to whom.</summary>
/// <param name="Kind">Which kind of thing it is; see <see cref="Posted"/> and the others.</param>
/// <param name="Target">A delegate, an observer, an object that waits; or null.</param>
/// <param name="State">What the delegate is given; of an await, the method that awaits.</param>
/// <param name="Awaiters">Of an await: the method that awaits, who awaits that one, and so on; some may be null. See <see cref="AwaitChain"/>.</param>
internal readonly record struct TurnCallback(int Kind, object? Target, object? State, object?[] Awaiters)
{
    /// <summary>Posted work.</summary>
    public const int Posted = -1;

    /// <summary>A timer.</summary>
    public const int Timer = -2;

    /// <summary>A raw completion for the loop's observers.</summary>
    public const int Raw = -3;

    /// <summary>Nothing yet.</summary>
    public const int None = -4;

    /// <summary>From here on: a worker's system call, by its number. Below and not negative: an opcode of the ring.</summary>
    private const int Calls = 256;

    /// <summary>Gets the kind's name.</summary>
    public string KindName => Kind switch
    {
        Posted => "posted",
        Timer => "timer",
        Raw => "raw completion",
        None => "nothing",
        >= Calls => SystemCallTable.NameOf(Kind - Calls),
        _ => OpcodeNames.Of((Opcode)Kind),
    };

    /// <summary>Gets the kind of an operation's completion.</summary>
    public static int KindOf(Operation operation) => CallEntry.IsCall(operation.Opcode) ? Calls + operation.Descriptor : (int)operation.Opcode;
}
