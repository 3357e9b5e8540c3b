using System.Text.Json.Serialization;

namespace Dispatch.Examples.Quickstart;

/// <summary>Everything the program found out: what the JSON says, and the sentences of the report.</summary>
internal sealed record Summary
{
    public required string Directory { get; init; }

    public required double Seconds { get; init; }

    public required IReadOnlyList<LoopReport> Loops { get; init; }

    public required int Questions { get; init; }

    public required bool EveryRequestGotOneAnswer { get; init; }

    public Comparison? Comparison { get; init; }

    [JsonIgnore]
    public IReadOnlyList<FileDigest> Files { get; init; } = [];

    public int Digested => Count(FileOutcome.Digested);

    public int Unreadable => Count(FileOutcome.Unreadable);

    public int Vanished => Count(FileOutcome.Vanished);

    public int Changed => Count(FileOutcome.Changed);

    public int Skipped => Count(FileOutcome.Skipped);

    public int Different => Count(FileOutcome.Different);

    public long Bytes => Files.Where(f => f.Outcome == FileOutcome.Digested).Sum(f => f.Bytes);

    public bool Ok => EveryRequestGotOneAnswer && Different == 0;

    /// <summary>Says it in words.</summary>
    /// <returns>Sentences, one a line.</returns>
    public IEnumerable<string> Sentences()
    {
        yield return FormattableString.Invariant($"{Digested:N0} files with {Bytes:N0} bytes read, and {Questions:N0} questions answered over {QuestionRound.Clients} connections, in {Seconds:N2} s.");
        yield return FormattableString.Invariant($"Without a digest: {Unreadable} unreadable, {Vanished} vanished, {Changed} changed; {Skipped} skipped (links, FIFOs, sockets, devices).");
        yield return Different == 0 ? "Every digest equals that of the plain computation." : FormattableString.Invariant($"{Different} digests differ from those of the plain computation.");
        yield return EveryRequestGotOneAnswer ? "Every request got exactly one answer, on the thread of its owner." : "Not every request got exactly one answer on the thread of its owner.";
    }

    private int Count(FileOutcome outcome) => Files.Count(f => f.Outcome == outcome);
}
