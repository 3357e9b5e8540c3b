namespace Dispatch.Packages.Tests;

/// <summary>The packages in the hands of somebody who has nothing else of us.</summary>
public sealed class ConsumerTests(PackedPackages packages)
{
    [Fact]
    public async Task A_fresh_project_uses_all_of_them()
    {
        using UserFolder user = new("Consumer", packages);
        await user.DotNetAsync("build", "-c", "Release", "-v", "q");
        string output = await user.DotNetAsync("bin/Release/net10.0/Consumer.dll");

        Assert.Equal(
            [
                "Dispatch: over loops",
                "Dispatch.Reactive: True True True",
                "Dispatch.Hosting: 2 loops",
                "Dispatch.AspNetCore: on a loop",
                "Dispatch.Testing: an hour has passed",
            ],
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(PackedPackages.Names.Select(n => n.ToLowerInvariant()), Directory.GetDirectories(user.PathOf("cache"), "dispatch*").Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_web_application_is_published_for_a_system_without_loops()
    {
        using UserFolder user = new("WindowsConsumer", packages);
        await user.DotNetAsync("publish", "-c", "Release", "-r", "win-x64", "--self-contained", "false", "-o", user.PathOf("out"), "-v", "q");
        string[] published = [.. Directory.GetFiles(user.PathOf("out"), "*.dll").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

        Assert.Equal(["Dispatch.AspNetCore.dll", "Dispatch.Hosting.dll", "Dispatch.dll", "WindowsConsumer.dll"], published); // No Tmds.LibC: there is none for this system, which is why FallbackTests looks at what runs there.
        Assert.True(File.Exists(user.PathOf("out", "WindowsConsumer.exe")));
    }
}
