using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatch.AspNetCore;

/// <summary>How many connections Kestrel has: its own instrument, listened to from the start, because it tells changes only.</summary>
internal sealed class ConnectionCount : IDisposable
{
    private const string KestrelMeter = "Microsoft.AspNetCore.Server.Kestrel";
    private const string ActiveConnections = "kestrel.active_connections";

    private readonly MeterListener listener = new();
    private long count;

    private ConnectionCount()
    {
    }

    public long Count => Volatile.Read(ref count);

    /// <summary>Begins to count those of one application: every application's meters have its factory as their scope.</summary>
    public static ConnectionCount Start(IServiceProvider services)
    {
        ConnectionCount made = new();
        object? scope = services.GetService<IMeterFactory>();
        made.listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == ActiveConnections && instrument.Meter.Name == KestrelMeter && ReferenceEquals(instrument.Meter.Scope, scope))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        made.listener.SetMeasurementEventCallback<long>((_, change, _, _) => Interlocked.Add(ref made.count, change));
        made.listener.Start();
        return made;
    }

    public void Dispose() => listener.Dispose();
}
