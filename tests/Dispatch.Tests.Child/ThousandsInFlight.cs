using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Pipes;
using System.Net;
using System.Net.Sockets;

namespace Dispatch.Tests.Child;

/// <summary>A process that returns from main while thousands of requests of every kind wait: in the ring, on workers, and for a worker.</summary>
internal static class ThousandsInFlight
{
    private const int EachKind = 715;
    private static readonly List<object> Alive = [];

    /// <summary>Begins them. Returns how many there are.</summary>
    public static int Begin(KernelKind kernel)
    {
        string fifo = Path.Combine(Path.GetTempPath(), $"dispatch-{Guid.NewGuid():n}");
        using (Process made = Process.Start("mkfifo", fifo))
        {
            made.WaitForExit();
        }

        string locked = fifo + ".lock";
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        AnonymousPipeServerStream pipe = new(PipeDirection.In);
        int[] word = GC.AllocateArray<int>(1, pinned: true);
        nint address = System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(word, 0);
        byte[] day = new byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(day, 86_400);
        Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 2, Kernel = kernel });
        long sleep = NumberOf("nanosleep");
        long futex = NumberOf("futex");
        foreach (EventLoop loop in dispatcher.Loops)
        {
            loop.InvokeAsync(async () =>
            {
                // Not by a FileStream, which locks the file by itself.
                IoRequest open = IoRequest.OpenAt(locked, OpenFlags.ReadWrite | OpenFlags.Create, UnixFileMode.UserRead | UnixFileMode.UserWrite);
                int waiter = await loop.ExecuteAsync(open);
                await loop.CompleteAsync(IoRequest.Lock(await loop.ExecuteAsync(open), FileLock.Exclusive, wait: false));
                for (int i = 0; i < EachKind; i++)
                {
                    Begin(loop, IoRequest.OpenFifo(fifo, OpenFlags.ReadOnly));
                    Begin(loop, IoRequest.Lock(waiter, FileLock.Exclusive));
                    Begin(loop, IoRequest.Syscall(sleep, day, 0));
                    Begin(loop, IoRequest.Syscall(futex, address, 128, 0)); // FUTEX_WAIT_PRIVATE
                    Begin(loop, IoRequest.Read(pipe.SafePipeHandle, new byte[1], -1));
                    Begin(loop, IoRequest.Accept(listener));
                    Begin(loop, IoRequest.Timeout(TimeSpan.FromDays(1)));
                }

                // Once around, so that the ring has them and the workers are at it.
                while (loop.Statistics.Workers < 4)
                {
                    await loop.ExecuteAsync(IoRequest.Nop());
                }
            }).Wait();
        }

        File.Delete(fifo);
        File.Delete(locked);
        Alive.AddRange([word, pipe, listener, dispatcher]);
        return dispatcher.Loops.Sum(l => l.Statistics.InFlight);
    }

    private static void Begin(EventLoop loop, in IoRequest request) => _ = loop.CompleteAsync(request).AsTask();

    private static long NumberOf(string name) => SystemCallInfo.All.Single(c => c.Name == name).Number;
}
