namespace Dispatch.Examples.WebApp;

/// <summary>What carries Kestrel's connections.</summary>
internal enum WebTransport
{
    /// <summary>Dispatch's loops.</summary>
    Dispatch,

    /// <summary>ASP.NET Core's own sockets.</summary>
    Sockets,
}
