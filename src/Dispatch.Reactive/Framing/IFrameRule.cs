namespace Dispatch.Reactive;

/// <summary>How a stream of bytes is cut into frames. Without state of its own: it looks at bytes.</summary>
internal interface IFrameRule
{
    /// <summary>Looks for the end of the frame that the data begins with.</summary>
    /// <param name="data">Bytes of the stream, from the beginning of a frame on.</param>
    /// <returns>How many bytes the frame takes with all that belongs to it, which may be more than there are; 0 when more is needed to know.</returns>
    /// <exception cref="InvalidDataException">No frame that begins so is allowed.</exception>
    int Measure(ReadOnlySpan<byte> data);

    /// <summary>Says how many of the next bytes belong to a frame that has begun.</summary>
    /// <param name="begun">What has come of it. Not the whole.</param>
    /// <param name="next">What follows. Not empty.</param>
    /// <returns>1 or more of the next bytes: up to the end of the frame, or to where more can be known, or all.</returns>
    /// <exception cref="InvalidDataException">No frame that goes on so is allowed.</exception>
    int Take(ReadOnlySpan<byte> begun, ReadOnlySpan<byte> next);

    /// <summary>Says whether a frame that was put together as <see cref="Take"/> said has come to its end.</summary>
    /// <param name="begun">What has come of it.</param>
    /// <returns>Whether it is the whole.</returns>
    /// <exception cref="InvalidDataException">No frame that begins so is allowed.</exception>
    bool IsWhole(ReadOnlySpan<byte> begun);

    /// <summary>Says which part of a whole frame is the user's.</summary>
    /// <param name="frame">The frame with all that belongs to it.</param>
    /// <returns>Where the user's part begins, and its length.</returns>
    (int Offset, int Length) Payload(ReadOnlySpan<byte> frame);

    /// <summary>The stream has ended inside a frame: says whether what there is of it counts as one.</summary>
    /// <param name="rest">What has come of it.</param>
    /// <returns>Why it does not count; null when it does.</returns>
    Exception? AtEnd(ReadOnlySpan<byte> rest);
}
