namespace Dispatch;

/// <summary>An action of Dispatch's own that travels through an inbox. Static lambdas only: nothing is allocated to post one.</summary>
internal delegate void InboxAction(object? state, long argument);
