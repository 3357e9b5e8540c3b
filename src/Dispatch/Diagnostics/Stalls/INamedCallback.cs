namespace Dispatch;

/// <summary>An object of Dispatch's own that stands between a turn and the user's code, and knows which code that is. Read by the watchdog's thread: what it tells has been written once.</summary>
internal interface INamedCallback
{
    /// <summary>Gets the code, as a delegate, an object or the name itself, and what it is given.</summary>
    (object? Target, object? State) Callback { get; }
}
