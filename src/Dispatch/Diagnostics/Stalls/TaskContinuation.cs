using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// Who awaits a task. The framework keeps that to itself, for debuggers; on a runtime that keeps it elsewhere there is simply no answer, and a stall is named by the innermost method instead of the user's.
/// </summary>
internal static class TaskContinuation
{
    /// <summary>The framework's wrapper around a method that awaits and wants to come back to a context.</summary>
    private static readonly Type? Wrapper = Type.GetType("System.Threading.Tasks.AwaitTaskContinuation, System.Private.CoreLib");

    private static readonly bool IsKnown = Probe();

    /// <summary>Gets the continuation, or the first of several: the awaiting method's own object, a delegate, a wrapper. Null when there is none, or when nobody can tell. The thread that completes the task.</summary>
    public static object? Of(Task task)
    {
        if (!IsKnown)
        {
            return null;
        }

        object? found = Volatile.Read(ref Continuation(task));
        return found is List<object?> { Count: > 0 } several ? several[0] : found;
    }

    /// <summary>Gets the delegate in a wrapper; null of anything else.</summary>
    public static object? Unwrap(object continuation) => IsKnown && Wrapper!.IsInstanceOfType(continuation) ? Action(continuation) : null;

    private static bool Probe()
    {
        try
        {
            TaskCompletionSource source = new();
            Action continuation = static () => { };
            source.Task.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(continuation);
            return Wrapper is not null && Continuation(source.Task) is not null;
        }
        catch (Exception e) when (e is MissingFieldException or TypeLoadException)
        {
            return false;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "m_continuationObject")]
    private static extern ref object? Continuation(Task task);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "m_action")]
    private static extern ref Action Action([UnsafeAccessorType("System.Threading.Tasks.AwaitTaskContinuation, System.Private.CoreLib")] object continuation);
}
