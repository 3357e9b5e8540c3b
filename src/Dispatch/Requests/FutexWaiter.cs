namespace Dispatch;

/// <summary>One of the words that <see cref="IoRequest.FutexWaitAny"/> waits on.</summary>
/// <param name="Address">A 32-bit word, in memory that stays in place until the completion.</param>
/// <param name="Expected">The value at which to wait.</param>
/// <param name="Scope">Who may wake it.</param>
public readonly record struct FutexWaiter(nint Address, uint Expected, FutexScope Scope = FutexScope.Process);
