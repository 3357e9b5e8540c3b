namespace Dispatch.Conformance.Programs;

/// <summary>One step of a random program: numbers, to which each kind of program gives its meaning.</summary>
internal readonly record struct Step(int Kind, int Slot, int First, int Second, int Size)
{
    public override string ToString() => $"new({Kind}, {Slot}, {First}, {Second}, {Size})";
}
