namespace Dispatch.Tests.Interop;

/// <summary>One number that C# declares and a header knows: a constant, a size, a field's offset.</summary>
/// <param name="Managed">Where C# declares it.</param>
/// <param name="Value">What C# says.</param>
/// <param name="Expressions">C for the same; later ones are what older headers call it.</param>
internal sealed record HeaderFact(string Managed, long Value, params string[] Expressions)
{
    /// <summary>Gets the C name by which the list of newer ones knows it.</summary>
    public string Name => Expressions[0];
}
