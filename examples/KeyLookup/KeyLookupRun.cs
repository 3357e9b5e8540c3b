namespace Dispatch.Examples.KeyLookup;

/// <summary>The program from its options to its exit code: find the table or make it, look up, report.</summary>
internal static class KeyLookupRun
{
    /// <summary>Runs it.</summary>
    /// <param name="options">The options.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(KeyLookupOptions options)
    {
        if (options.Compare && Environment.ProcessorCount > 1)
        {
            return await OneCpu.RunThisProgramAsync();
        }

        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = options.Compare ? 1 : options.LoopCount, Kernel = options.Kernel });
        TableFile table = await new TableFolder(options.Folder).FindOrMakeAsync(dispatcher, options.Records);
        await using LookupJob job = await LookupJob.CreateAsync(dispatcher, table, options.Depth, options.IsDirect);
        LookupSummary summary = options.Compare
            ? await Comparison.RunAsync(job, table, options)
            : await LookupSummary.MeasureAsync(job, options);

        TableReport.Print(summary);
        if (options.PrintJson)
        {
            ExampleProgram.PrintJson(summary);
        }

        return 0;
    }
}
