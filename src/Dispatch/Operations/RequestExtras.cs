namespace Dispatch;

/// <summary>What only some requests carry: a second block of memory, a vector, a name for error messages. Requests that have none of it stay small.</summary>
internal sealed class RequestExtras
{
    /// <summary>Gets the memory whose address goes to the entry's second address field.</summary>
    public Memory<byte> Second { get; init; }

    /// <summary>Gets the memories of a scattering or gathering request.</summary>
    public IReadOnlyList<Memory<byte>>? Vector { get; init; }

    /// <summary>Gets the credentials under which it is made.</summary>
    public RegisteredCredentials? Credentials { get; init; }

    /// <summary>Gets the second handle of a request that works on two.</summary>
    public object? SecondTarget { get; init; }

    /// <summary>Gets what an error message names: a path or an end point.</summary>
    public object? Subject { get; init; }

    /// <summary>The same, under other credentials.</summary>
    public static RequestExtras With(RequestExtras? present, RegisteredCredentials credentials) =>
        new() { Second = present?.Second ?? default, Vector = present?.Vector, Subject = present?.Subject, SecondTarget = present?.SecondTarget, Credentials = credentials };
}
