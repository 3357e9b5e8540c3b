using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Dispatch.AspNetCore.Tests;

/// <summary>A log whose entries a test awaits.</summary>
internal sealed class AwaitedLog : ILoggerProvider
{
    private readonly Channel<(string Event, string Text)> entries = Channel.CreateUnbounded<(string, string)>();

    public ILogger CreateLogger(string categoryName) => new Logger(entries.Writer);

    /// <summary>Awaits the next entry of an event.</summary>
    public async Task<string> NextAsync(string eventName, CancellationToken cancellationToken)
    {
        while (true)
        {
            (string found, string text) = await entries.Reader.ReadAsync(cancellationToken);
            if (found == eventName)
            {
                return text;
            }
        }
    }

    /// <summary>Takes the entries of an event that have come.</summary>
    public IReadOnlyList<string> TakeAll(string eventName)
    {
        List<string> found = [];
        while (entries.Reader.TryRead(out (string Event, string Text) entry))
        {
            if (entry.Event == eventName)
            {
                found.Add(entry.Text);
            }
        }

        return found;
    }

    public void Dispose()
    {
    }

    private sealed class Logger(ChannelWriter<(string Event, string Text)> entries) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            entries.TryWrite((eventId.Name ?? string.Empty, formatter(state, exception)));
    }
}
