using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// An immutable set of CPU numbers, as the kernel counts them. Two sets with the same numbers are equal. It is written as Linux writes a
/// CPU list, <c>0-3,8,10-14:2</c>, and can be a collection expression: <c>CpuSet cpus = [0, 2, 4];</c>.
/// </summary>
/// <remarks>Any thread may use a set at any time; it holds no native resource.</remarks>
[CollectionBuilder(typeof(CpuSet), nameof(Create))]
public sealed class CpuSet : IReadOnlyCollection<int>, IEquatable<CpuSet>, IParsable<CpuSet>
{
    /// <summary>The highest CPU number that a set can hold. No Linux kernel is built for as many CPUs.</summary>
    public const int MaxNumber = 65_535;

    internal const int MaxWords = (MaxNumber + 1) / BitsPerWord;

    private const int BitsPerWord = 64;
    private const string OnlineFile = "/sys/devices/system/cpu/online";

    // Bit b of word w stands for CPU 64 w + b. The last word is never zero, so that equal sets have equal arrays.
    private readonly ulong[] words;

    private CpuSet(ulong[] words)
    {
        this.words = words;
        foreach (ulong word in words)
        {
            Count += BitOperations.PopCount(word);
        }
    }

    /// <summary>Gets the set without any CPU.</summary>
    public static CpuSet Empty { get; } = new([]);

    /// <summary>
    /// Gets the CPUs on which this process may run, read anew each time: the affinity mask of its first thread, which is what
    /// <c>taskset</c>, systemd's <c>CPUAffinity=</c> and a container's <c>--cpuset-cpus</c> set. On systems other than Linux, which have
    /// no such call, it is the first <see cref="Environment.ProcessorCount"/> numbers.
    /// </summary>
    /// <remarks><c>sched_getaffinity(2)</c>. A CPU quota is not part of the mask; it narrows <see cref="Environment.ProcessorCount"/>.</remarks>
    /// <exception cref="InvalidOperationException">The kernel refused to tell the mask; the message says why.</exception>
    public static CpuSet Process => OperatingSystem.IsLinux() ? ThreadAffinity.Read(Environment.ProcessId) : FirstNumbers(Environment.ProcessorCount);

    /// <summary>
    /// Gets the CPUs that are switched on in this machine, whether or not this process may run on them, read anew each time from
    /// <c>/sys/devices/system/cpu/online</c> (see <c>sysfs(5)</c>). Where that file is hidden, it is <see cref="Process"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">The file is hidden and the kernel refused to tell the process's mask.</exception>
    public static CpuSet Online => ReadOnline(OnlineFile);

    /// <summary>Gets how many CPUs are in the set.</summary>
    public int Count { get; }

    internal ReadOnlySpan<ulong> Words => words;

    /// <summary>Compares two sets by the numbers in them.</summary>
    /// <param name="left">A set, or null.</param>
    /// <param name="right">Another set, or null.</param>
    /// <returns>Whether both hold the same numbers, or both are null.</returns>
    public static bool operator ==(CpuSet? left, CpuSet? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Compares two sets by the numbers in them.</summary>
    /// <param name="left">A set, or null.</param>
    /// <param name="right">Another set, or null.</param>
    /// <returns>Whether one of them holds a number, or is null, where the other is not.</returns>
    public static bool operator !=(CpuSet? left, CpuSet? right) => !(left == right);

    /// <summary>Makes a set of the numbers given, in any order; a number given twice counts once.</summary>
    /// <param name="cpus">CPU numbers, from 0 to <see cref="MaxNumber"/>.</param>
    /// <returns>The set.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative, or over <see cref="MaxNumber"/>.</exception>
    public static CpuSet Create(params ReadOnlySpan<int> cpus)
    {
        Span<ulong> bits = stackalloc ulong[MaxWords];
        foreach (int cpu in cpus)
        {
            if ((uint)cpu > MaxNumber)
            {
                throw new ArgumentOutOfRangeException(nameof(cpus), cpu, $"A CPU number is between 0 and {MaxNumber}.");
            }

            bits[cpu / BitsPerWord] |= 1UL << (cpu % BitsPerWord);
        }

        return FromWords(bits);
    }

    /// <summary>Reads a CPU list.</summary>
    /// <param name="list">
    /// Numbers and ranges separated by commas; a range may end in a colon and a stride: <c>10-14:2</c> is 10, 12 and 14. Space around
    /// numbers is ignored. An empty list is the empty set.
    /// </param>
    /// <returns>The set.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="list"/> is null.</exception>
    /// <exception cref="FormatException">The text is no CPU list; the message says which part of it is not, and what one looks like.</exception>
    public static CpuSet Parse(string list)
    {
        ArgumentNullException.ThrowIfNull(list);
        return CpuListParser.Parse(list, out string? error) ?? throw new FormatException(error);
    }

    /// <summary>Reads a CPU list, as <see cref="Parse"/> does, without throwing.</summary>
    /// <param name="list">The text; see <see cref="Parse"/>.</param>
    /// <param name="set">The set, or null where the text is null or no CPU list.</param>
    /// <returns>Whether the text is a CPU list.</returns>
    public static bool TryParse([NotNullWhen(true)] string? list, [NotNullWhen(true)] out CpuSet? set)
    {
        set = list is null ? null : CpuListParser.Parse(list, out _);
        return set is not null;
    }

    /// <inheritdoc/>
    static CpuSet IParsable<CpuSet>.Parse(string s, IFormatProvider? provider) => Parse(s);

    /// <inheritdoc/>
    static bool IParsable<CpuSet>.TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out CpuSet result) => TryParse(s, out result);

    /// <summary>
    /// Binds the calling thread to the CPUs of this set, for a thread of yours that drives a loop; the threads of a <see cref="Dispatcher"/> are placed by its options. <c>sched_setaffinity(2)</c>.
    /// </summary>
    /// <exception cref="InvalidOperationException">The set is empty, or the kernel would not let the thread run on all of it; the message says which CPUs are left.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public void BindCurrentThread()
    {
        if (Count == 0)
        {
            throw new InvalidOperationException("A thread needs at least one CPU to run on; this set is empty.");
        }

        ThreadAffinity.Apply(this);
    }

    /// <summary>Says whether a CPU is in the set.</summary>
    /// <param name="cpu">A CPU number; one that no set can hold is in none.</param>
    /// <returns>Whether it is in the set.</returns>
    public bool Contains(int cpu)
    {
        int word = cpu / BitsPerWord;
        return cpu >= 0 && word < words.Length && (words[word] & (1UL << (cpu % BitsPerWord))) != 0;
    }

    /// <summary>Makes the set of the CPUs that are in this set, in the other, or in both.</summary>
    /// <param name="other">The other set.</param>
    /// <returns>The union.</returns>
    public CpuSet Union(CpuSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        ulong[] bits = new ulong[Math.Max(words.Length, other.words.Length)];
        for (int i = 0; i < bits.Length; i++)
        {
            bits[i] = WordAt(i) | other.WordAt(i);
        }

        return FromWords(bits);
    }

    /// <summary>Makes the set of the CPUs that are in both sets.</summary>
    /// <param name="other">The other set.</param>
    /// <returns>The intersection.</returns>
    public CpuSet Intersect(CpuSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        ulong[] bits = new ulong[words.Length];
        for (int i = 0; i < bits.Length; i++)
        {
            bits[i] = words[i] & other.WordAt(i);
        }

        return FromWords(bits);
    }

    /// <summary>Makes the set of the CPUs that are in this set and not in the other.</summary>
    /// <param name="other">The other set.</param>
    /// <returns>The difference.</returns>
    public CpuSet Except(CpuSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        ulong[] bits = new ulong[words.Length];
        for (int i = 0; i < bits.Length; i++)
        {
            bits[i] = words[i] & ~other.WordAt(i);
        }

        return FromWords(bits);
    }

    /// <inheritdoc/>
    public bool Equals(CpuSet? other) => other is not null && words.AsSpan().SequenceEqual(other.words);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CpuSet);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (ulong word in words)
        {
            hash.Add(word);
        }

        return hash.ToHashCode();
    }

    /// <summary>Writes the set as the kernel writes a CPU list: ascending, neighbours joined into ranges, <c>0-3,8</c>.</summary>
    /// <returns>The list, which <see cref="Parse"/> reads back; the empty string for the empty set.</returns>
    public override string ToString()
    {
        List<string> parts = [];
        int first = -1;
        int last = -1;
        foreach (int cpu in this)
        {
            if (first >= 0 && cpu == last + 1)
            {
                last = cpu;
                continue;
            }

            AddRange(parts, first, last);
            first = cpu;
            last = cpu;
        }

        AddRange(parts, first, last);
        return string.Join(',', parts);
    }

    /// <summary>Walks the CPU numbers in ascending order.</summary>
    /// <returns>An enumerator that allocates nothing.</returns>
    public Enumerator GetEnumerator() => new(words);

    /// <inheritdoc/>
    IEnumerator<int> IEnumerable<int>.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Reads the CPUs that are switched on from a file that may be missing.</summary>
    internal static CpuSet ReadOnline(string file) => SystemText.TryReadCpus(file) ?? Process;

    /// <summary>Makes a set of a bit mask; bit <c>b</c> of word <c>w</c> stands for CPU <c>64 w + b</c>.</summary>
    internal static CpuSet FromWords(ReadOnlySpan<ulong> mask)
    {
        int length = mask.LastIndexOfAnyExcept(0UL) + 1;
        return length == 0 ? Empty : new CpuSet(mask[..length].ToArray());
    }

    private static void AddRange(List<string> parts, int first, int last)
    {
        if (first >= 0)
        {
            parts.Add(first == last ? $"{first}" : $"{first}-{last}");
        }
    }

    private static CpuSet FirstNumbers(int count)
    {
        int[] cpus = new int[count];
        for (int i = 0; i < count; i++)
        {
            cpus[i] = i;
        }

        return Create(cpus);
    }

    private ulong WordAt(int index) => index < words.Length ? words[index] : 0;

    /// <summary>Walks a set's CPU numbers in ascending order.</summary>
    public struct Enumerator : IEnumerator<int>
    {
        private readonly ulong[] words;
        private ulong rest;
        private int word;

        internal Enumerator(ulong[] words)
        {
            this.words = words;
            Reset();
        }

        /// <summary>Gets the CPU number on which the enumerator stands.</summary>
        public int Current { get; private set; }

        /// <inheritdoc/>
        readonly object IEnumerator.Current => Current;

        /// <summary>Goes to the next number.</summary>
        /// <returns>Whether there was one.</returns>
        public bool MoveNext()
        {
            while (rest == 0)
            {
                if (word + 1 >= words.Length)
                {
                    return false;
                }

                word++;
                rest = words[word];
            }

            Current = (word * BitsPerWord) + BitOperations.TrailingZeroCount(rest);
            rest &= rest - 1;
            return true;
        }

        /// <summary>Goes back to before the first number.</summary>
        public void Reset()
        {
            word = -1;
            rest = 0;
            Current = -1;
        }

        /// <summary>Does nothing: the enumerator holds nothing to let go.</summary>
        public readonly void Dispose()
        {
        }
    }
}
