namespace Dispatch;

/// <summary>The close of a descriptor that nothing uses any more, by the ring, so that a lingering one does not hold up the loop.</summary>
internal sealed class CloseOperation(LoopEngine engine) : Operation(engine)
{
    private TaskCompletionSource? done;
    private int number;

    /// <summary>Closes it, or gives an adopted one back.</summary>
    public void Begin(OwnedDescriptor descriptor, TaskCompletionSource done)
    {
        bool adopted = descriptor.IsAdopted;
        number = descriptor.Detach();
        DescriptorEvents.Announce();
        if (adopted || number < 0)
        {
            Engine.Table.Remove(this);
            done.TrySetResult();
            return;
        }

        this.done = done;
        if (descriptor.ClosesSlowly)
        {
            Engine.Table.Remove(this);
            _ = CloseOnWorkerAsync();
            return;
        }

        SubmissionEntry entry = default;
        entry.Opcode = Opcode.Close;
        entry.Fd = number;
        StartEntry(entry);
    }

    /// <inheritdoc/>
    protected override void OnCompletion(in CompletionEntry entry, bool terminal)
    {
        Engine.Table.Remove(this);
        if (entry.Result is -Errno.ECANCELED or -Errno.EINVAL)
        {
            // Cancelled before it ran, because the loop ends: the number is still open and still ours.
            _ = Engine.Ring.Calls.Close(number);
        }

        DescriptorEvents.Announce();
        done!.TrySetResult();
    }

    private async Task CloseOnWorkerAsync()
    {
        KernelCalls calls = Engine.Ring.Calls;
        int closing = number;
        await Engine.Loop.OffloadAsync(() => calls.Close(closing));
        DescriptorEvents.Announce();
        done!.TrySetResult();
    }
}
