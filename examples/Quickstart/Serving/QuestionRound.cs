namespace Dispatch.Examples.Quickstart;

/// <summary>
/// Clients that together ask every question of a book once. Each has the questions whose number leaves its own number when divided by that of the clients, so that no two write to the same count.
/// </summary>
internal sealed class QuestionRound(DigestBook book)
{
    /// <summary>How many clients ask.</summary>
    public const int Clients = 64;

    private readonly int[] rightAnswers = new int[book.Questions.Count];
    private readonly int[] wrongAnswers = new int[Clients];
    private readonly int[] progress = new int[Clients];

    /// <summary>Gets how many questions were answered so far. Any thread; a moment old.</summary>
    public long Asked => progress.Sum(p => (long)p);

    /// <summary>Gets how many answers were not those to what was asked, or came unasked.</summary>
    public int WrongAnswers => wrongAnswers.Sum();

    /// <summary>Gets a value indicating whether every question got exactly one answer, the right one.</summary>
    public bool IsComplete => WrongAnswers == 0 && rightAnswers.All(count => count == 1);

    /// <summary>Asks one client's questions, one after the other, and makes sure that nothing else comes.</summary>
    /// <param name="client">The client's number.</param>
    /// <param name="server">Its connection.</param>
    /// <returns>A task that ends when the server has answered all of them and closed the connection.</returns>
    public async Task AskAsync(int client, LineChannel server)
    {
        for (int i = client; i < book.Questions.Count; i += Clients)
        {
            await server.WriteAsync(book.Questions[i]);
            if (await server.ReadAsync() == book.Answer(book.Questions[i]))
            {
                rightAnswers[i]++;
            }
            else
            {
                wrongAnswers[client]++;
            }

            progress[client]++;
        }

        await server.FinishAsync();
        while (await server.ReadAsync() is not null)
        {
            wrongAnswers[client]++;
        }
    }
}
