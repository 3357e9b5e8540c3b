namespace Dispatch.Packages.Tests;

/// <summary>The SDK's command, as users call it.</summary>
internal static class DotNet
{
    /// <summary>Servers would outlive the command and hold its pipes open; settings of the build that this test runs in would be taken over.</summary>
    private static readonly Dictionary<string, string?> Quiet = new()
    {
        ["MSBUILDDISABLENODEREUSE"] = "1",
        ["UseSharedCompilation"] = "false",
        ["DOTNET_CLI_UI_LANGUAGE"] = "en",
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["DOTNET_NOLOGO"] = "1",
        ["MSBuildSDKsPath"] = null,
        ["MSBuildExtensionsPath"] = null,
        ["MSBUILD_EXE_PATH"] = null,
    };

    /// <summary>Runs it to its end; a warning is a failure, as an error is.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="environment">Environment variables to set.</param>
    /// <param name="arguments">The arguments.</param>
    /// <returns>What it printed.</returns>
    public static async Task<string> RunAsync(string folder, IReadOnlyDictionary<string, string?> environment, params string[] arguments)
    {
        using RunningProgram program = RunningProgram.Start("dotnet", folder, arguments, Quiet.Concat(environment).ToDictionary());
        string output = await program.EndAsync();
        Assert.DoesNotContain("warning", output.Replace("0 Warning(s)", string.Empty, StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        return output;
    }
}
