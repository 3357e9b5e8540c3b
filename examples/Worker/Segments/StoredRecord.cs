namespace Dispatch.Examples.Worker.Segments;

/// <summary>One record of a segment, as it is found again.</summary>
/// <param name="Name">The name of the file that it was.</param>
/// <param name="ContentLength">The length of its content in bytes.</param>
/// <param name="Checksum">Its checksum.</param>
internal readonly record struct StoredRecord(string Name, int ContentLength, ulong Checksum);
