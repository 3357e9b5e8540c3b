namespace Dispatch.Testing;

/// <summary>
/// The user's memory that a request in flight works on. Memory to be read into holds a pattern while it is lent, so that code which reads it too early finds nothing sensible, and code which writes to it is found out;
/// what the call did not write has its old content again afterwards. Memory to be written from is copied, and compared: whoever changes it while it is lent is found out.
/// </summary>
internal sealed unsafe class LentMemory
{
    private const byte Pattern = 0xdb;

    private readonly List<(nint Address, int Length)> pieces = [];
    private byte[] copy = [];
    private bool isWatched;
    private bool isOutput;

    /// <summary>Gets how many bytes there are.</summary>
    public int Length { get; private set; }

    /// <summary>Gets a value indicating whether it is one piece.</summary>
    public bool IsOnePiece => pieces.Count == 1;

    /// <summary>Gets the bytes of memory that is one piece.</summary>
    public Span<byte> Bytes => pieces.Count == 0 ? default : new Span<byte>((void*)pieces[0].Address, pieces[0].Length);

    /// <summary>The rest of the piece that a byte is in; empty behind the last.</summary>
    public Span<byte> PieceAt(int offset)
    {
        foreach ((nint address, int length) in pieces)
        {
            if (offset < length)
            {
                return new Span<byte>((void*)(address + offset), length - offset);
            }

            offset -= length;
        }

        return default;
    }

    /// <summary>Adds a piece. Returns false when it is no memory.</summary>
    public bool TryAdd(ulong address, uint length)
    {
        if (length == 0)
        {
            return true;
        }

        if (address < 65_536 || length > int.MaxValue)
        {
            return false;
        }

        pieces.Add(((nint)address, (int)length));
        Length += (int)length;
        return true;
    }

    /// <summary>The loan begins.</summary>
    public void Lend(bool output)
    {
        isOutput = output;
        isWatched = Length != 0;
        if (!isWatched)
        {
            return;
        }

        if (copy.Length < Length)
        {
            copy = new byte[Length];
        }

        CopyTo(copy);
        if (output)
        {
            foreach ((nint address, int length) in pieces)
            {
                new Span<byte>((void*)address, length).Fill(Pattern);
            }
        }
    }

    /// <summary>Says at which byte the memory was changed by somebody else while it is lent, or −1. What the call itself has written comes first.</summary>
    public int FindChange(int written)
    {
        if (!isWatched)
        {
            return -1;
        }

        int start = 0;
        foreach ((nint address, int length) in pieces)
        {
            int from = isOutput ? Math.Clamp(written - start, 0, length) : 0;
            ReadOnlySpan<byte> bytes = new((void*)(address + from), length - from);
            int at = isOutput ? bytes.IndexOfAnyExcept(Pattern) : bytes.CommonPrefixLength(copy.AsSpan(start + from, length - from));
            if (at >= 0 && at < bytes.Length)
            {
                return start + from + at;
            }

            start += length;
        }

        return -1;
    }

    /// <summary>Copies what is to be written.</summary>
    public void CopyTo(Span<byte> destination)
    {
        foreach ((nint address, int length) in pieces)
        {
            new ReadOnlySpan<byte>((void*)address, length).CopyTo(destination);
            destination = destination[length..];
        }
    }

    /// <summary>Copies what was read into the memory.</summary>
    public void CopyFrom(ReadOnlySpan<byte> source)
    {
        foreach ((nint address, int length) in pieces)
        {
            int part = Math.Min(length, source.Length);
            source[..part].CopyTo(new Span<byte>((void*)address, length));
            source = source[part..];
        }
    }

    /// <summary>The loan ends: what the call has not written is as it was.</summary>
    public void Return(int written)
    {
        if (isWatched && isOutput)
        {
            int start = 0;
            foreach ((nint address, int length) in pieces)
            {
                int from = Math.Clamp(written - start, 0, length);
                copy.AsSpan(start + from, length - from).CopyTo(new Span<byte>((void*)(address + from), length - from));
                start += length;
            }
        }

        pieces.Clear();
        Length = 0;
        isWatched = false;
    }
}
