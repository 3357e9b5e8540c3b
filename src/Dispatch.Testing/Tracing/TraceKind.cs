namespace Dispatch.Testing;

/// <summary>What an entry of a trace is about.</summary>
internal enum TraceKind : byte
{
    /// <summary>The script said something.</summary>
    Note,

    /// <summary>A loop was stepped; the number is what it did.</summary>
    Step,

    /// <summary>A loop went to sleep; the number is until when.</summary>
    Park,

    /// <summary>A loop woke.</summary>
    Wake,

    /// <summary>A ring was entered.</summary>
    Enter,

    /// <summary>A request was begun.</summary>
    Begin,

    /// <summary>A request could not go on and waits.</summary>
    Wait,

    /// <summary>A multishot brought an item.</summary>
    Item,

    /// <summary>A request ended.</summary>
    End,

    /// <summary>A cancel met a request; the number is the answer.</summary>
    Cancel,

    /// <summary>A system call was made beside the ring.</summary>
    Call,

    /// <summary>Bytes arrived at a socket.</summary>
    Arrive,

    /// <summary>A peer of the script did something.</summary>
    Peer,

    /// <summary>An invariant was broken.</summary>
    Violation,

    /// <summary>The machine crashed.</summary>
    Crash,
}
