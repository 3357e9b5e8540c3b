namespace Dispatch.Examples.KeyLookup;

/// <summary>A way to make lookups.</summary>
internal interface ILookupJob
{
    /// <summary>Makes so many lookups, and checks each.</summary>
    /// <param name="lookups">How many.</param>
    /// <returns>A task that ends when all of them were right.</returns>
    Task RunAsync(int lookups);
}
