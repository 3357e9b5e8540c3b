using Dispatch.AspNetCore;
using Dispatch.Examples.WebApp.Endpoints;
using Dispatch.Examples.WebApp.Files;
using Dispatch.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OpenTelemetry.Metrics;

namespace Dispatch.Examples.WebApp;

/// <summary>The program from its options to its exit code: serve until a signal comes, answer what is in flight, end.</summary>
internal static class WebAppRun
{
    private static readonly TimeSpan StallThreshold = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs it.</summary>
    /// <param name="options">The options.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(WebAppOptions options)
    {
        using FileFolder folder = FileFolder.Open(options.Files);
        IReadOnlyList<EventLoop> loops;
        await using (WebApplication app = Build(options, folder))
        {
            await app.StartAsync();
            loops = app.Services.GetService<Dispatcher>()?.Loops ?? [];
            Console.WriteLine($"listening on {app.Urls.First()}");
            await app.WaitForShutdownAsync();
        }

        if (options.PrintJson)
        {
            Console.WriteLine(RunRecord.Take(options.Transport, loops).ToJson());
        }

        return 0;
    }

    private static WebApplication Build(WebAppOptions options, FileFolder folder)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        SetUpLogging(builder.Logging);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(options.EndPoint, listen =>
            {
                if (options.Certificate is { } certificate)
                {
                    listen.UseHttps(CertificateFile.Load(certificate));
                }
                else if (options.IsHttp2WithoutTls)
                {
                    listen.Protocols = HttpProtocols.Http2;
                }
            });
        });

        IHealthChecksBuilder health = builder.Services.AddHealthChecks();
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(LoopMeter.Name, "Microsoft.AspNetCore.Server.Kestrel").AddPrometheusExporter());
        builder.Services.AddSingleton(folder);

        // Everything that differs between the transports: which one, and who reads and writes files.
        if (options.Transport == WebTransport.Dispatch)
        {
            builder.AddDispatch(loops =>
            {
                loops.Kernel = options.Kernel;
                loops.MeasureLatency = options.IsMeasured;
                loops.StallThreshold = options.IsMeasured ? StallThreshold : null;
                loops.LoopCount = options.LoopCount;
                loops.Cpus = options.Cpus;
                loops.Placement = options.Cpus is null ? LoopPlacement.Unbound : LoopPlacement.Explicit;
            });
            builder.WebHost.UseDispatch(transport => transport.Scheduling = options.Scheduling);
            builder.Services.AddSingleton<IFileStore, LoopFiles>();
            health.AddDispatch();
        }
        else
        {
            builder.Services.AddSingleton<IFileStore, PlainFiles>();
        }

        WebApplication app = builder.Build();
        app.UseWebSockets();
        app.MapGet("/plaintext", Greeting.PlainText);
        app.MapGet("/json", Greeting.Json);
        app.MapFiles();
        app.Map("/ws", WebSocketEcho.RunAsync);
        app.MapGet("/block/{ms:int:range(0,60000)}", Blocking.Run);
        app.MapHealthChecks("/health");
        app.MapPrometheusScrapingEndpoint("/metrics");
        app.MapDispatch("/dispatch"); // In an application that others can reach: .RequireAuthorization().
        return app;
    }

    private static void SetUpLogging(ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.AddSimpleConsole(console => console.SingleLine = true);
        logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.SetMinimumLevel(LogLevel.Warning);
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None); // Else each request gets an activity and a scope, for a log that does not show them.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None); // A start that fails is thrown, too, and told in one line.
    }
}
