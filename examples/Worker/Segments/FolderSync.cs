namespace Dispatch.Examples.Worker.Segments;

/// <summary>Brings a folder's names to the device: of files that were made in it, and of those that were removed.</summary>
internal static class FolderSync
{
    public static async Task RunAsync(string path)
    {
        await using DispatchFile folder = await DispatchFile.OpenAsync(path);
        await folder.FlushAsync();
    }
}
