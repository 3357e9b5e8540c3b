using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Dispatch.AspNetCore;

/// <summary>Counts requests, in an application that has a live page; in others it is no part of the pipeline.</summary>
internal sealed class RequestCounter : IStartupFilter
{
    private const int Stripes = 16; // So that loops do not take one cache line from one another.

    private readonly Stripe[] stripes = [.. Enumerable.Range(0, Stripes).Select(_ => new Stripe())];
    private bool isEnabled;

    /// <summary>Gets how many requests have begun.</summary>
    public long Begun => stripes.Sum(s => Volatile.Read(ref s.Begun));

    /// <summary>Gets how many have begun and not ended.</summary>
    public long InFlight => Math.Max(0, -stripes.Sum(s => Volatile.Read(ref s.Ended)) + Begun);

    private Stripe Here => stripes[Environment.CurrentManagedThreadId % Stripes];

    /// <summary>Has requests counted. Before the pipeline is built.</summary>
    public void Enable() => isEnabled = true;

    /// <inheritdoc/>
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(following => isEnabled ? context => Count(following, context) : following); // Asked when the pipeline is built: endpoints are mapped by then.
        next(app);
    };

    private Task Count(RequestDelegate next, HttpContext context)
    {
        Stripe here = Here;
        Interlocked.Increment(ref here.Begun);
        Task request;
        try
        {
            request = next(context);
        }
        catch
        {
            Interlocked.Increment(ref here.Ended);
            throw;
        }

        if (!request.IsCompleted)
        {
            return AwaitAsync(request);
        }

        Interlocked.Increment(ref here.Ended);
        return request;
    }

    private async Task AwaitAsync(Task request)
    {
        try
        {
            await request;
        }
        finally
        {
            Interlocked.Increment(ref Here.Ended);
        }
    }

    /// <summary>Two counts on a cache line of their own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private sealed class Stripe
    {
#pragma warning disable SA1401 // Incremented by reference.
        [FieldOffset(64)]
        public long Begun;

        [FieldOffset(72)]
        public long Ended;
#pragma warning restore SA1401
    }
}
