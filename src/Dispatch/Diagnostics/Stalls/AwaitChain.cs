namespace Dispatch;

/// <summary>
/// Who awaits whom, from the innermost method outward. It has to be known before the innermost continues: when that one is done and its caller goes on in its place, it has forgotten who that is. So the owner keeps the first few of
/// the chain at every await that it continues, by a field or two each, and leaves it to the watchdog to make names of them.
/// </summary>
internal static class AwaitChain
{
    /// <summary>How far it is kept. A stream's read that goes through a pipe and a lease is three deep.</summary>
    public const int Length = 8;

    /// <summary>Keeps the chain that begins with this. Owner only.</summary>
    public static void Fill(object?[] chain, object? first)
    {
        int length = 0;
        object? next = first;
        while (next is not null && length < Length)
        {
            chain[length++] = next;
            next = Next(next);
        }

        while (length < Length && chain[length] is not null)
        {
            chain[length++] = null;
        }
    }

    /// <summary>Forgets it.</summary>
    public static void Clear(object?[] chain) => Fill(chain, null);

    private static object? Next(object link) => link switch
    {
        Task task => TaskContinuation.Of(task),
        Action action => action.Target,
        INamedCallback named => named.Callback is (var target, var state) ? state ?? target : null,
        _ => TaskContinuation.Unwrap(link),
    };
}
