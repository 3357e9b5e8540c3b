namespace Dispatch.Examples.WebApp.Files;

/// <summary>What /upload answers with.</summary>
internal sealed record StoredFile(string Name, long Length);
