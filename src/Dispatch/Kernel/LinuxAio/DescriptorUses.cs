using static Dispatch.AioAbi;

namespace Dispatch;

/// <summary>
/// Which descriptors the requests in flight will be used with again. io_uring takes a request's file when it is submitted; here it is the number that is used later, which by then could be closed, and another file's. So a close
/// that comes through the ring looks here first: a request that waits for readiness goes on with a copy of the descriptor; a call on its way to a worker is waited for. Owner thread only.
/// </summary>
internal sealed class DescriptorUses(LinuxAioRing ring)
{
    /// <summary>Greater numbers are not kept track of: nearly always they are a mistake, which the call itself will tell, and no reason for a table of that size.</summary>
    private const int MostDescriptors = 1 << 21;

    private readonly List<EmulatedRequest> closes = [];
    private ushort[] polls = new ushort[256];
    private ushort[] calls = new ushort[256];

    /// <summary>Notes that a request waits for its descriptor to be ready.</summary>
    public void AddPoll(EmulatedRequest request) => Become(request, DescriptorUse.Poll);

    /// <summary>Notes that a request's call will be made later.</summary>
    public void AddCall(EmulatedRequest request) => Become(request, DescriptorUse.Call);

    /// <summary>A request has ended.</summary>
    public void Release(EmulatedRequest request)
    {
        int descriptor = request.Entry.Fd;
        DescriptorUse use = request.DescriptorUse;
        Become(request, DescriptorUse.None);
        if (use == DescriptorUse.Copy)
        {
            SystemCall.Run(SystemCall.CloseDescriptor, descriptor);
        }
        else if (use == DescriptorUse.Call && closes.Count != 0 && calls[descriptor] == 0 && !ring.IsClosed)
        {
            CloseNow(descriptor);
        }
    }

    /// <summary>Begins the close of a descriptor.</summary>
    public void Close(EmulatedRequest request)
    {
        int descriptor = request.Entry.Fd;
        if ((uint)descriptor < (uint)polls.Length)
        {
            if (polls[descriptor] != 0)
            {
                KeepFilesOf(descriptor);
            }

            if (calls[descriptor] != 0)
            {
                closes.Add(request);
                return;
            }
        }

        ring.End(request, (int)WorkerCalls.Simple(request.Entry));
    }

    /// <summary>Takes a close back that waits. False when it does not.</summary>
    public bool TryCancel(EmulatedRequest request) => closes.Remove(request);

    private void Become(EmulatedRequest request, DescriptorUse use)
    {
        int descriptor = request.Entry.Fd;
        if (request.DescriptorUse == use || request.DescriptorUse == DescriptorUse.Copy || (uint)descriptor >= MostDescriptors)
        {
            return; // A copy is nobody else's to close.
        }

        if (descriptor >= polls.Length)
        {
            int length = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)descriptor + 1);
            Array.Resize(ref polls, length);
            Array.Resize(ref calls, length);
        }

        Count(request.DescriptorUse, descriptor, -1);
        Count(use, descriptor, 1);
        request.DescriptorUse = use;
    }

    private void Count(DescriptorUse use, int descriptor, int change)
    {
        if (use == DescriptorUse.Poll)
        {
            polls[descriptor] = (ushort)(polls[descriptor] + change);
        }
        else if (use == DescriptorUse.Call)
        {
            calls[descriptor] = (ushort)(calls[descriptor] + change);
        }
    }

    private void KeepFilesOf(int descriptor)
    {
        for (EmulatedRequest? request = ring.Requests.First; request is not null; request = request.Next)
        {
            if (request.DescriptorUse == DescriptorUse.Poll && request.Entry.Fd == descriptor)
            {
                int copy = (int)SystemCall.Run(SystemCall.Control, descriptor, F_DUPFD_CLOEXEC, 0);
                if (copy >= 0)
                {
                    Become(request, DescriptorUse.None);
                    ring.Move(request, copy);
                    request.DescriptorUse = DescriptorUse.Copy;
                }
            }
        }
    }

    private void CloseNow(int descriptor)
    {
        int index = closes.FindIndex(close => close.Entry.Fd == descriptor);
        if (index >= 0)
        {
            EmulatedRequest close = closes[index];
            closes.RemoveAt(index);
            ring.End(close, (int)WorkerCalls.Simple(close.Entry));
        }
    }
}
