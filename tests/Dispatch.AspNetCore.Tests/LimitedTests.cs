namespace Dispatch.AspNetCore.Tests;

/// <summary>Tests with clients that wait for what a server sends by itself: whoever waits for what does not come is cancelled.</summary>
public abstract class LimitedTests : IDisposable
{
    private readonly CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    private protected LimitedTests() => limit.CancelAfter(TimeSpan.FromMinutes(2));

    private protected CancellationToken Token => limit.Token;

    public void Dispose()
    {
        limit.Dispose();
        GC.SuppressFinalize(this);
    }
}
