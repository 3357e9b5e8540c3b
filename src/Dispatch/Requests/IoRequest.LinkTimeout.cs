namespace Dispatch;

/// <content>The time limit of a step in a chain.</content>
public partial struct IoRequest
{
    /// <summary>
    /// Limits the time of the request before it, which has to be linked to it: when the time is up, that one is cancelled. The result is −ETIME then, −ECANCELED when the request was faster. Alone it is −EINVAL. <c>io_uring_prep_link_timeout(3)</c>; Linux 5.5.
    /// </summary>
    /// <param name="time">The time.</param>
    /// <returns>The request.</returns>
    internal static IoRequest LinkTimeout(TimeSpan time)
    {
        IoRequest request = On(Opcode.LinkTimeout);
        request.First = TimeRecord(time);
        request.Entry.Length = 1;
        return request;
    }
}
