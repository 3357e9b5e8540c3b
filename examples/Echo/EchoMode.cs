namespace Dispatch.Examples.Echo;

/// <summary>How completions are consumed.</summary>
internal enum EchoMode
{
    /// <summary>An async method a connection.</summary>
    Await,

    /// <summary>An observer a connection.</summary>
    Observe,

    /// <summary>A pipe a connection: a reader and a writer.</summary>
    Pipe,

    /// <summary>A stream a connection.</summary>
    Stream,

    /// <summary>A thread of the program's own a loop, which takes completions out of the ring.</summary>
    Poll,
}
