using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// A loop's slots. An object keeps its slot while it is pooled, so that reusing it costs no write to the table. The table grows without
/// bound above, because a limit here would make requests fail; it shrinks only by objects that leave.
/// </summary>
internal sealed class OperationTable
{
    private readonly Stack<(int Index, uint Generation)> free = new();
    private Operation?[] slots = new Operation?[64];
    private int used;

    /// <summary>Gets or sets the number of operations that the kernel has a request of.</summary>
    public int InFlight { get; set; }

    /// <summary>Gets how many slots are taken, by what is in flight and by what pools keep.</summary>
    public int Count => used - free.Count;

    /// <summary>Gets how many completions found their slot's tenant gone.</summary>
    public long Late { get; private set; }

    /// <summary>
    /// Gives an object a slot. Its generation becomes higher than any that this object or this slot has had, so that neither a tag nor a
    /// handle of before can mean it.
    /// </summary>
    public void Add(Operation operation)
    {
        (int Index, uint Generation) slot;
        if (!free.TryPop(out slot))
        {
            if (used == slots.Length)
            {
                Array.Resize(ref slots, slots.Length * 2);
            }

            slot = (used++, 0);
        }

        slots[slot.Index] = operation;
        operation.Settle(slot.Index, Math.Max(operation.Generation, slot.Generation) + 1);
    }

    /// <summary>Takes an object out, so that the table does not keep it alive. Nothing of it is in flight.</summary>
    public void Remove(Operation operation)
    {
        if (operation.Index >= 0)
        {
            slots[operation.Index] = null;
            free.Push((operation.Index, operation.Generation));
            operation.Settle(-1, operation.Generation);
        }
    }

    /// <summary>Finds the tenant that a tag names, or null when it is gone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Operation? Find(ulong tag)
    {
        Operation?[] all = slots;
        int index = Tags.IndexOf(tag);
        if ((uint)index < (uint)all.Length)
        {
            Operation? operation = all[index];
            if (operation is not null && (operation.Generation & Tags.GenerationMask) == Tags.GenerationOf(tag))
            {
                return operation;
            }
        }

        return null;
    }

    /// <summary>Counts a completion whose tenant is gone.</summary>
    public void CountLate() => Late++;

    /// <summary>Visits every operation in flight. The visitor may start and end operations.</summary>
    public void ForEachInFlight(Action<Operation> visit)
    {
        for (int i = 0; i < used; i++)
        {
            if (slots[i] is { InFlight: true } operation)
            {
                visit(operation);
            }
        }
    }
}
