using Dispatch.Examples.Worker.Ingesting;
using Dispatch.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dispatch.Examples.Worker;

/// <summary>A run as a service: until SIGINT or SIGTERM, after which the batch in hand is finished.</summary>
internal static class WorkerRun
{
    public static async Task<int> RunAsync(WorkerSettings settings, KernelKind kernel)
    {
        Directory.CreateDirectory(settings.Segments);
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.AddDispatch(options =>
        {
            options.LoopCount = 1;
            options.Kernel = kernel;
        });
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton<SpoolService>().AddHostedService(services => services.GetRequiredService<SpoolService>());

        using IHost host = builder.Build();
        SpoolService service = host.Services.GetRequiredService<SpoolService>();
        await host.RunAsync();
        if (service.Failure is { } failure)
        {
            await Console.Error.WriteLineAsync($"{failure.Message.ReplaceLineEndings(" ")} Nothing is lost: what is in the spool is stored by the next run.");
            return 1;
        }

        Console.WriteLine($"{service.Records} records stored.");
        return 0;
    }
}
