namespace Dispatch.Examples.Quickstart;

/// <summary>What the loops found out about one file.</summary>
/// <param name="File">The file.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Bytes">How many bytes were read.</param>
/// <param name="Digest">The SHA-256 in lower-case hexadecimal; empty unless it was digested.</param>
/// <param name="Reason">Why there is no digest; empty if there is one.</param>
internal sealed record FileDigest(TreeFile File, FileOutcome Outcome, long Bytes = 0, string Digest = "", string Reason = "")
{
    /// <summary>Gets the line that <c>sha256sum</c> would print.</summary>
    public string SumLine => Quickstart.SumLine.Format(Digest, File.Path);

    /// <summary>Makes the outcome of a file that could not be read.</summary>
    /// <param name="file">The file.</param>
    /// <param name="error">What was thrown.</param>
    /// <returns>The outcome.</returns>
    public static FileDigest Failed(TreeFile file, Exception error) => error is FileNotFoundException or DirectoryNotFoundException && !file.Path.Contains('\uFFFD', StringComparison.Ordinal)
        ? new FileDigest(file, FileOutcome.Vanished, Reason: "it is gone")
        : new FileDigest(file, FileOutcome.Unreadable, Reason: Explain(error));

    private static string Explain(Exception error) => error switch
    {
        FileNotFoundException or DirectoryNotFoundException => "its name is not valid UTF-8",
        { InnerException: IOException inner } => Explain(inner),
        IOException { HResult: > 0 and < 4096 } => System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(error.HResult),
        _ => error.Message.ReplaceLineEndings(" "),
    };
}
