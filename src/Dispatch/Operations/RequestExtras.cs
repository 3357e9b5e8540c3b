namespace Dispatch;

/// <summary>What only some requests carry: more blocks of memory, a vector, a message, a second handle, a name for error messages. Requests that have none of it stay small.</summary>
internal sealed record RequestExtras
{
    /// <summary>Gets the memory whose address goes to the entry's second address field.</summary>
    public Memory<byte> Second { get; init; }

    /// <summary>Gets the memory whose address goes to the entry's third address field.</summary>
    public Memory<byte> Third { get; init; }

    /// <summary>Gets the memories of a scattering or gathering request.</summary>
    public IReadOnlyList<Memory<byte>>? Vector { get; init; }

    /// <summary>Gets the registered buffer in which the memories of <see cref="Vector"/> lie.</summary>
    public RegisteredBuffer? Registered { get; init; }

    /// <summary>Gets the message of a request that sends or receives one.</summary>
    public MessageParts? Message { get; init; }

    /// <summary>Gets the handle of a request on two descriptors that is not the one in the entry's descriptor field, or of a system call.</summary>
    public object? OtherTarget { get; init; }

    /// <summary>Gets where the request writes descriptors for whoever takes its completion.</summary>
    public IOrphanResults? Results { get; init; }

    /// <summary>Gets the credentials under which it is made.</summary>
    public RegisteredCredentials? Credentials { get; init; }

    /// <summary>Gets what an error message names: a path or an end point.</summary>
    public object? Subject { get; init; }

    /// <summary>Gets a value indicating whether a submit has to take or to check anything of it.</summary>
    public bool HasReferences => !Second.IsEmpty || !Third.IsEmpty || Vector is not null || Message is not null || OtherTarget is not null || Credentials is not null;

    /// <summary>Gets a value indicating whether there is something that <see cref="HeldExtras"/> holds.</summary>
    public bool HasRareReferences => !Third.IsEmpty || Message is not null || OtherTarget is not null;

    /// <summary>The same, under other credentials.</summary>
    public static RequestExtras With(RequestExtras? present, RegisteredCredentials credentials) => (present ?? new RequestExtras()) with { Credentials = credentials };
}
