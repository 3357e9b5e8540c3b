namespace Dispatch.Examples.WebApp.Endpoints;

/// <summary>What /json answers with.</summary>
internal sealed record GreetingMessage(string Message);
