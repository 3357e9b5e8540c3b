namespace Dispatch;

/// <summary>The tenant that answers of cancels and updates are addressed to: they carry nothing that anyone waits for.</summary>
internal sealed class SilentOperation(LoopEngine engine) : Operation(engine)
{
    /// <summary>Gets the tag, the same for the life of the loop: this tenancy never ends.</summary>
    public ulong ConstantTag { get; private set; }

    /// <summary>Fixes the tag.</summary>
    public void Settle() => ConstantTag = Tag;

    /// <inheritdoc/>
    protected override void OnCompletion(in CompletionEntry entry, bool terminal)
    {
    }
}
