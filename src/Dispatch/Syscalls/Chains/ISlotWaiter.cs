namespace Dispatch;

/// <summary>Who waits for a slot of <see cref="DirectSlots"/>. Owner thread only.</summary>
internal interface ISlotWaiter
{
    /// <summary>A slot is free. False: it is not wanted any more.</summary>
    bool TryResume(long ticket, int slot);

    /// <summary>None will come: what waits ends as cancelled.</summary>
    void FailWaiting(long ticket);
}
