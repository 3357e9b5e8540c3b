namespace Dispatch.Testing;

/// <summary>What a scenario or the simulation itself found wrong. It is wrapped in a <see cref="SimulationException"/>, which has the seed and the trace.</summary>
public sealed class SimulationCheckException : Exception
{
    /// <summary>Initializes a new instance of the <see cref="SimulationCheckException"/> class.</summary>
    /// <param name="message">What is wrong.</param>
    public SimulationCheckException(string message)
        : base(message)
    {
    }
}
