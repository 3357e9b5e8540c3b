using Tmds.Linux;

namespace Dispatch.Tests;

/// <summary>A pipe by its two numbers.</summary>
internal sealed unsafe class TestPipe : IDisposable
{
    public TestPipe()
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, LibC.pipe2(ends, LibC.O_CLOEXEC));
        ReadEnd = ends[0];
        WriteEnd = ends[1];
    }

    public int ReadEnd { get; }

    public int WriteEnd { get; private set; }

    public void Write(params ReadOnlySpan<byte> data)
    {
        fixed (byte* start = data)
        {
            Assert.Equal(data.Length, (int)LibC.write(WriteEnd, start, data.Length));
        }
    }

    public void Drain(int count)
    {
        byte* rest = stackalloc byte[count];
        Assert.Equal(count, (int)LibC.read(ReadEnd, rest, count));
    }

    public void CloseWriteEnd()
    {
        if (WriteEnd >= 0)
        {
            _ = LibC.close(WriteEnd);
            WriteEnd = -1;
        }
    }

    public void Dispose()
    {
        CloseWriteEnd();
        _ = LibC.close(ReadEnd);
    }
}
