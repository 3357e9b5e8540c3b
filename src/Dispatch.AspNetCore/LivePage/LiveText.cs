using System.Globalization;
using System.Text;

namespace Dispatch.AspNetCore;

/// <summary>The page for who runs no scripts: how things stood when it was asked for, as text.</summary>
internal static class LiveText
{
    public static string Write(LiveSource source)
    {
        LiveAbout about = source.Describe();
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{about.Application}, process {about.Process} on {about.Machine}\n{about.System}\n");
        text.Append(CultureInfo.InvariantCulture, $"{source.Connections} connections");
        if (source.Requests is { } requests)
        {
            text.Append(CultureInfo.InvariantCulture, $", {requests.InFlight} requests in flight, {requests.Begun} so far");
        }

        text.Append('\n');
        if (source.Dispatchers.Count == 0)
        {
            text.Append("\nThere are no loops in this application.\n");
        }

        foreach (NamedDispatcher dispatcher in source.Dispatchers)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{dispatcher.Name}: {KernelChoice.Explain(dispatcher.Dispatcher)}\n");
            foreach (EventLoop loop in dispatcher.Dispatcher.Loops)
            {
                LoopStatistics now = loop.Statistics;
                text.Append(CultureInfo.InvariantCulture, $"\n{loop.Name} is {now.State}: {now.Completions} completions in {now.Enters} enters; {now.InFlight} in flight, {now.Backlog} waiting, {now.InboxDepth} messages, {now.QueuedCalls} calls waiting for {now.Workers} workers\n");
                text.Append(loop.Report).Append('\n');
            }
        }

        return text.ToString();
    }
}
