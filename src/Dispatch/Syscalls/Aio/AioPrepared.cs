using static Dispatch.AioAbi;

namespace Dispatch;

/// <summary>What <see cref="AioCheck"/> has made of a control block: everything that the request needs of the user's memory, taken at the submit.</summary>
internal struct AioPrepared
{
    /// <summary>The entry.</summary>
    public SubmissionEntry Entry;

    /// <summary>Gets or sets the user's own word.</summary>
    public ulong Data { get; set; }

    /// <summary>Gets or sets where the control block lies.</summary>
    public ulong Block { get; set; }

    /// <summary>Gets or sets the vector, or null.</summary>
    public Piece[]? Pieces { get; set; }

    /// <summary>Gets or sets a descriptor of our own for the eventfd to be counted up, or −1.</summary>
    public int EventDescriptor { get; set; }
}
