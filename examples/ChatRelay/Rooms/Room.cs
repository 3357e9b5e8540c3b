using System.Diagnostics.CodeAnalysis;
using System.Reactive.Subjects;
using System.Text;
using Dispatch.Reactive;

namespace Dispatch.Examples.ChatRelay.Rooms;

/// <summary>
/// A room: what its members say, in one order, to all of them. It lives on one loop, its home, where alone its subject is used; both ways across loops are operators.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A subject that nobody listens to any more has nothing to let go of, and what its last member said may still be on its way to it.")]
internal sealed class Room(string name, EventLoop home)
{
    private readonly Subject<byte[]> lines = new();

    /// <summary>Gets the name.</summary>
    public string Name => name;

    /// <summary>Gets or sets how many are in it. The directory's, under its lock.</summary>
    public int Members { get; set; }

    /// <summary>What is said in the room, from now on, on a loop of the listener's.</summary>
    /// <param name="loop">The loop.</param>
    /// <returns>The lines as they are sent: encoded once for all members.</returns>
    public IObservable<byte[]> HeardOn(EventLoop loop) => lines.SubscribeOn(home).ObserveOn(loop);

    /// <summary>Takes what a member says. The end of it is the member's, not the room's.</summary>
    /// <param name="said">What the member says, from any loop.</param>
    public void Hear(IObservable<string> said) => said.ObserveOn(home).Subscribe(line => lines.OnNext(Encoding.UTF8.GetBytes($"[{name}] {line}\n")));
}
