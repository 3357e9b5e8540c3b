using System.Collections.Frozen;

namespace Dispatch.Examples.Quickstart;

/// <summary>
/// What is asked and answered: a question is a path on a line, its answer is the line that sha256sum would print for it. Complete before the first question comes, so all loops read it without a lock.
/// </summary>
internal sealed class DigestBook
{
    private readonly FrozenDictionary<string, string> answers;

    /// <summary>Initializes a new instance of the <see cref="DigestBook"/> class.</summary>
    /// <param name="digests">The digests; those of other outcomes are left out.</param>
    public DigestBook(IEnumerable<FileDigest> digests)
    {
        answers = digests.Where(d => d.Outcome == FileOutcome.Digested).ToFrozenDictionary(d => SumLine.Escape(d.File.Path), d => d.SumLine);
        Questions = [.. answers.Keys.Order(StringComparer.Ordinal)];
    }

    /// <summary>Gets every question that has an answer.</summary>
    public IReadOnlyList<string> Questions { get; }

    /// <summary>Finds the answer to a question.</summary>
    /// <param name="question">The question.</param>
    /// <returns>The answer; empty when there is none.</returns>
    public string Answer(string question) => answers.GetValueOrDefault(question, string.Empty);

    /// <summary>Answers a client until it has finished.</summary>
    /// <param name="client">The client.</param>
    /// <param name="cancellationToken">Stops between two questions.</param>
    /// <returns>A task that ends with the client.</returns>
    public async Task ServeAsync(LineChannel client, CancellationToken cancellationToken)
    {
        while (await client.ReadAsync(cancellationToken) is { } question)
        {
            await client.WriteAsync(Answer(question));
        }
    }
}
