namespace Dispatch;

/// <summary>A stream with <see cref="StreamOverflow.Fail"/> has brought more than its reader had room for.</summary>
public sealed class StreamOverflowException : InvalidOperationException
{
    /// <summary>Initializes a new instance of the <see cref="StreamOverflowException"/> class.</summary>
    public StreamOverflowException()
        : this("The reader of this stream is too far behind.")
    {
    }

    /// <summary>Initializes a new instance of the <see cref="StreamOverflowException"/> class with a message.</summary>
    /// <param name="message">The message.</param>
    public StreamOverflowException(string message)
        : base(message)
    {
    }

    /// <summary>Initializes a new instance of the <see cref="StreamOverflowException"/> class with a message and a cause.</summary>
    /// <param name="message">The message.</param>
    /// <param name="innerException">The cause.</param>
    public StreamOverflowException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
