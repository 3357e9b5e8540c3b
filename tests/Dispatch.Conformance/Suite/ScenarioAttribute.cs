namespace Dispatch.Conformance;

/// <summary>Names the scenario of <see cref="Scenarios"/> that the test is.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class ScenarioAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
