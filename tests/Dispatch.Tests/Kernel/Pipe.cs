using Tmds.Linux;

namespace Dispatch.Tests.Kernel;

/// <summary>A pipe: a request that stays in flight exactly as long as the test wants.</summary>
internal sealed unsafe class Pipe : IDisposable
{
    private readonly int readEnd;
    private readonly int writeEnd;

    public Pipe()
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, LibC.pipe(ends));
        readEnd = ends[0];
        writeEnd = ends[1];
    }

    public int ReadEnd => readEnd;

    public SubmissionEntry Read(byte* buffer, uint length, ulong tag) => new()
    {
        Opcode = Opcode.Read,
        Fd = readEnd,
        Address = (ulong)buffer,
        Length = length,
        Offset = ulong.MaxValue,
        UserData = tag,
    };

    public void Write(byte value) => Assert.Equal(1, LibC.write(writeEnd, &value, 1));

    public void Dispose() => Assert.Equal(0, LibC.close(readEnd) + LibC.close(writeEnd));
}
