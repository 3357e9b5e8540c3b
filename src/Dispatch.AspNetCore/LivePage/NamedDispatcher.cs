namespace Dispatch.AspNetCore;

/// <summary>A dispatcher and its name, which its loops have before their number.</summary>
internal sealed record NamedDispatcher(Dispatcher Dispatcher)
{
    public string Name { get; } = Dispatcher.Loops[0].Name is var loop && loop.LastIndexOf('-') is > 0 and int end ? loop[..end] : loop;
}
