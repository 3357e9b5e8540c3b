namespace Dispatch.Examples.Echo;

/// <summary>What a completion is about: the tag that its request was submitted with. The kind stands above the descriptor.</summary>
internal static class PollTag
{
    public const int Accepted = 1;
    public const int Received = 2;
    public const int Sent = 3;
    public const int Closed = 4;
    public const int ShutDown = 5;
    public const int AcceptAgain = 6;
    public const int Deadline = 7;

    private const int KindShift = 32;

    public static ulong Of(int kind, int descriptor = 0) => ((ulong)kind << KindShift) | (uint)descriptor;

    public static int KindOf(ulong tag) => (int)(tag >> KindShift);

    public static int DescriptorOf(ulong tag) => (int)(uint)tag;
}
