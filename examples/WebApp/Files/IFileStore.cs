using System.IO.Pipelines;

namespace Dispatch.Examples.WebApp.Files;

/// <summary>Who reads and writes the files of requests.</summary>
internal interface IFileStore
{
    /// <summary>Answers a request with a file, or with 404.</summary>
    Task ServeAsync(HttpContext context, string path);

    /// <summary>
    /// Writes a body, as it comes, to a part, which takes the file's name when it is whole and on the device: nobody is served half a file, and a body that breaks off leaves nothing.
    /// </summary>
    /// <returns>How many bytes they were.</returns>
    Task<long> StoreAsync(PipeReader body, string part, string path, CancellationToken token);
}
