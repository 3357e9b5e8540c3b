namespace Dispatch;

/// <summary>What a kernel ring was set up with; the raw material of <see cref="StartupReport"/>.</summary>
internal sealed record KernelDescription(
    KernelKind Kind,
    uint SubmissionEntries,
    uint CompletionEntries,
    IReadOnlyList<string> Flags,
    IReadOnlyList<string> Features,
    IReadOnlyList<string> Refused,
    int SupportedOpcodes,
    bool RegisteredDescriptor,
    string WakeMechanism);
