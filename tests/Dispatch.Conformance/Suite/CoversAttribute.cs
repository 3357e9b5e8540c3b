namespace Dispatch.Conformance;

/// <summary>Names a factory of <see cref="IoRequest"/> that the test covers. Overloads are told apart by a type that only the one meant has among its parameters.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class CoversAttribute(string factory, Type? overload = null) : Attribute
{
    public string Factory { get; } = factory;

    public Type? Overload { get; } = overload;
}
