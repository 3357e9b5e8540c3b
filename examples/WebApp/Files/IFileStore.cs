using System.IO.Pipelines;

namespace Dispatch.Examples.WebApp.Files;

/// <summary>Who reads and writes the files of requests.</summary>
internal interface IFileStore
{
    /// <summary>Answers a request with a file, or with 404.</summary>
    Task ServeAsync(HttpContext context, string path);

    /// <summary>Writes a body to a new file as it comes, and sees it to the device.</summary>
    /// <returns>How many bytes they were.</returns>
    Task<long> WriteAsync(PipeReader body, string path, CancellationToken token);
}
