namespace Dispatch;

/// <summary>Where a reader is between a read and its AdvanceTo.</summary>
internal enum InputState : byte
{
    /// <summary>Nothing is handed out.</summary>
    Idle,

    /// <summary>A result without news was handed out: it may be advanced, and need not be.</summary>
    Tentative,

    /// <summary>A sequence is being looked at.</summary>
    Reading,

    /// <summary>Another thread has advanced; the message is on its way to the owner.</summary>
    Advancing,
}
