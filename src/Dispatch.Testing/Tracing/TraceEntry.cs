namespace Dispatch.Testing;

/// <summary>One event of a run: numbers only, put into words when somebody wants to read them.</summary>
internal struct TraceEntry
{
    public long Time;
    public long Result;
    public ulong Tag;
    public string? Text;
    public int Loop;
    public int Descriptor;
    public TraceKind Kind;
    public Opcode Opcode;
}
