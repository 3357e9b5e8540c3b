using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// The idle operation objects of one kind and one loop, up to a limit; beyond it they are left to the collector. They keep their slots. Owner thread only.
/// </summary>
internal sealed class OperationPool<T>(LoopEngine engine, int limit, Func<LoopEngine, T> create)
    where T : Operation
{
    private Operation? head;
    private int count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Rent()
    {
        Operation? operation = head;
        if (operation is null)
        {
            return create(engine);
        }

        head = operation.NextPooled;
        operation.NextPooled = null;
        count--;
        return Unsafe.As<T>(operation);
    }

    /// <summary>Takes an object back. One that left the table takes a slot again.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Return(T operation)
    {
        if (count >= limit)
        {
            engine.Table.Remove(operation);
            return;
        }

        if (operation.Index < 0)
        {
            engine.Table.Add(operation);
        }

        operation.NextPooled = head;
        head = operation;
        count++;
    }

    /// <summary>Takes an object back from whichever thread read its result; on a foreign one it travels home, or is left to the collector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ReturnFromAnyThread(T operation)
    {
        if (engine.IsOwner)
        {
            Return(operation);
        }
        else
        {
            engine.Posted.TryPost(
                static (s, _) =>
                {
                    Operation returned = (Operation)s!;
                    if (returned.Engine.IsOwner)
                    {
                        returned.ReturnToPool();
                    }
                },
                operation,
                0);
        }
    }
}
