using System.Diagnostics.Metrics;

namespace Dispatch.Tests.Diagnostics;

public class LoopMeterTests
{
    [Fact]
    public async Task Every_counter_of_a_loop_is_an_instrument_with_its_name_as_a_tag()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 2, Name = "metered" });
        EventLoop loop = dispatcher.Loops[0];
        await loop.InvokeAsync(async () =>
        {
            for (int i = 0; i < 10; i++)
            {
                await loop.ExecuteAsync(IoRequest.Nop());
            }
        });
        Dictionary<(string Instrument, string Loop), long> read = Read();
        Assert.Equal(["metered-0", "metered-1"], read.Keys.Select(k => k.Loop).Where(name => name.StartsWith("metered", StringComparison.Ordinal)).Distinct().Order());
        Assert.InRange(read[("dispatch.loop.completions", "metered-0")], 10, loop.Statistics.Completions);
        Assert.InRange(read[("dispatch.loop.enters", "metered-0")], 10, loop.Statistics.Enters);

        // What a snapshot of the counters has, the meter has: a counter that is added and forgotten here is found.
        int instruments = read.Keys.Count(k => k.Loop == "metered-0");
        Assert.Equal(typeof(LoopStatistics).GetProperties().Count(p => p.PropertyType == typeof(long) || p.PropertyType == typeof(int)) - 1, instruments); // All but Late, which is always 0.
    }

    [Fact]
    public async Task A_loop_that_has_ended_is_measured_no_more()
    {
        Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 1, Name = "ended" });
        Assert.Contains(Read().Keys, k => k.Loop == "ended-0");
        await dispatcher.DisposeAsync();
        Assert.DoesNotContain(Read().Keys, k => k.Loop == "ended-0");
    }

    private static Dictionary<(string Instrument, string Loop), long> Read()
    {
        Dictionary<(string, string), long> values = [];
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == LoopMeter.Name)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => values[(instrument.Name, (string)tags[0].Value!)] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return values;
    }
}
