using System.Buffers;

namespace Dispatch.Reactive;

/// <summary>
/// One subscription of a framing operator: cuts what comes into frames. A frame that lies within what came is told where it lies; of one that does not, the pieces are put together in pooled memory, which is given back when it was told.
/// </summary>
/// <typeparam name="TIn">What comes: leases, or memory.</typeparam>
/// <typeparam name="TOut">What the frames are made into.</typeparam>
internal abstract class FrameCutter<TIn, TOut>(IObserver<TOut> observer, IFrameRule rule, Func<Frame, TOut> select) : Link<TIn, TOut>(observer)
{
    private const int Idle = 0;
    private const int Busy = 1;
    private const int Released = 2;
    private const int FirstPiece = 256;

    private byte[] pieces = [];
    private int length;

    /// <summary>
    /// Who may touch the pieces: the source's thread while it is in a call, and whoever disposes between two. A disposal during a call leaves giving the memory back to the call, whose frame may still be read.
    /// </summary>
    private int state;

    /// <summary>Gets what the frames are views of.</summary>
    protected FrameWindow Window { get; } = new();

    /// <inheritdoc/>
    public override void OnNext(TIn value)
    {
        if (!TryEnter())
        {
            return;
        }

        try
        {
            Cut(value);
        }
        finally
        {
            Window.Close();
            Leave();
        }
    }

    /// <inheritdoc/>
    public override void OnCompleted()
    {
        if (!TryEnter())
        {
            return;
        }

        try
        {
            if (length == 0)
            {
                Complete();
            }
            else if (rule.AtEnd(pieces.AsSpan(0, length)) is { } error)
            {
                Fail(error);
            }
            else
            {
                TellPieces();
                Complete();
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Gets the bytes of what came.</summary>
    protected abstract ReadOnlySpan<byte> BytesOf(TIn value);

    /// <summary>Shows what came.</summary>
    protected abstract void Show(TIn value);

    /// <inheritdoc/>
    protected override void Release()
    {
        base.Release();
        if (Interlocked.Exchange(ref state, Released) == Idle)
        {
            GivePiecesBack();
        }
    }

    private void Cut(TIn value)
    {
        ReadOnlySpan<byte> data = BytesOf(value);
        int position = 0;
        if (length != 0)
        {
            position = TakePieces(data);
        }

        if (position == data.Length || length != 0)
        {
            return; // All of it was needed; or it was refused.
        }

        Show(value);
        while (position < data.Length && !IsStopped)
        {
            ReadOnlySpan<byte> rest = data[position..];
            if (!TryMeasure(rest, out int size))
            {
                return;
            }

            if (size == 0 || size > rest.Length)
            {
                Append(rest, size);
                return;
            }

            (int offset, int count) = rule.Payload(rest[..size]);
            Tell(position + offset, count);
            position += size;
        }
    }

    /// <summary>Goes on with a frame that has begun. Returns how many of the bytes were its own.</summary>
    private int TakePieces(ReadOnlySpan<byte> data)
    {
        int position = 0;
        while (position < data.Length && TryTake(data[position..], out int count, out bool isWhole))
        {
            position += count;
            if (isWhole)
            {
                TellPieces();
                break;
            }
        }

        return position;
    }

    // The rule's exceptions are caught where it is called, and not around the observer's calls: what that throws is not ours to take.
    private bool TryMeasure(ReadOnlySpan<byte> rest, out int size)
    {
        try
        {
            size = rule.Measure(rest);
            return true;
        }
        catch (InvalidDataException e)
        {
            size = 0;
            Fail(e);
            return false;
        }
    }

    private bool TryTake(ReadOnlySpan<byte> next, out int count, out bool isWhole)
    {
        try
        {
            count = rule.Take(pieces.AsSpan(0, length), next);
            Append(next[..count], 0);
            isWhole = rule.IsWhole(pieces.AsSpan(0, length));
            return true;
        }
        catch (InvalidDataException e)
        {
            count = 0;
            isWhole = false;
            Fail(e);
            return false;
        }
    }

    private void TellPieces()
    {
        int size = length;
        length = 0;
        Window.Show(pieces.AsMemory(0, size));
        (int offset, int count) = rule.Payload(pieces.AsSpan(0, size));
        Tell(offset, count);
        Window.Close();
        GivePiecesBack(); // An idle connection holds none.
    }

    private void Tell(int offset, int count)
    {
        try
        {
            if (!IsStopped)
            {
                Next(select(new Frame(Window, offset, count)));
            }
        }
        finally
        {
            Window.EndFrame();
        }
    }

    private void Append(ReadOnlySpan<byte> piece, int expected)
    {
        int needed = length + piece.Length;
        if (needed > pieces.Length)
        {
            // Not what is announced but what has come: to announce gigabytes costs a peer nothing.
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Min(Math.Max(expected, pieces.Length * 2), Math.Max(needed * 2, FirstPiece))));
            pieces.AsSpan(0, length).CopyTo(larger);
            GivePiecesBack();
            pieces = larger;
        }

        piece.CopyTo(pieces.AsSpan(length));
        length = needed;
    }

    private bool TryEnter()
    {
        int found = Interlocked.CompareExchange(ref state, Busy, Idle);
        return found != Busy ? found == Idle : throw new InvalidOperationException("Data came while a frame of earlier data was being told: the bytes have one order. A source calls one at a time, and not from inside OnNext.");
    }

    private void Leave()
    {
        if (Interlocked.CompareExchange(ref state, Idle, Busy) != Busy)
        {
            GivePiecesBack();
        }
    }

    private void GivePiecesBack()
    {
        byte[] given = pieces;
        pieces = [];
        if (given.Length != 0)
        {
            ArrayPool<byte>.Shared.Return(given);
        }
    }
}
