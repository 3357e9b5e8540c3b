namespace Dispatch.Conformance;

/// <summary>What every kernel has to survive. A name with no test fails the suite.</summary>
internal static class Scenarios
{
    public const string ShortReadAtEnd = "short file read at EOF";
    public const string ShortReadInside = "short file read mid-file";
    public const string ShortSend = "short send continues in order";
    public const string Interrupted = "EINTR in enter";
    public const string PutOff = "EAGAIN/EBUSY from enter";
    public const string PartialSubmit = "partial submit";
    public const string TimeoutWithStaged = "timeout with entries staged";
    public const string FullInCallback = "queue full in a callback";
    public const string FullOfCancels = "queue full in a storm of cancels";
    public const string Overflow = "overflow delivers all";
    public const string OverflowPolling = "overflow while only polling";
    public const string BufferShortage = "ENOBUFS re-arms, fairly, when buffers return";
    public const string MultishotEnds = "multishot ends and continues without gap or repeat";
    public const string CancelRace = "cancel against completion";
    public const string CancelledOpen = "cancelled open that succeeded";
    public const string CancelledAccept = "cancelled accept that succeeded";
    public const string CancelledReceive = "cancelled receive that succeeded";
    public const string LateCancel = "slot reuse and late cancel";
    public const string NumberReused = "descriptor closed and its number reused with requests queued";
    public const string CloseSendsEnd = "close with a receive pending sends its FIN";
    public const string ThreadEnds = "thread ends with requests in flight";
    public const string DisposeDuringDirect = "dispose during direct reads";
    public const string Fork = "fork/exec leaves the child unaffected";
    public const string Refused = "refused ring, memlock 0";
    public const string PostsRacePark = "foreign posts race park";
    public const string ChainFails = "a link chain fails midway";
    public const string ThrowingSubscriber = "throwing subscriber";
    public const string DisposeInOnNext = "dispose in OnNext";
    public const string Collector = "GC compaction";
    public const string BlockedFifo = "a blocked FIFO at exit";

    public static IReadOnlyList<string> All { get; } = [.. typeof(Scenarios).GetFields().Where(f => f.IsLiteral).Select(f => (string)f.GetRawConstantValue()!)];
}
