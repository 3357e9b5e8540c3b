using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Dispatch.Testing;

/// <summary>The last events of a run, in a ring of records, and a hash of all of them: two runs of a seed have the same one.</summary>
internal sealed class TraceLog(TraceEntry[] entries)
{
    private int next;

    /// <summary>Gets how many events there were.</summary>
    public long Count { get; private set; }

    /// <summary>Gets a number that depends on every event and their order.</summary>
    public ulong Hash { get; private set; } = 14695981039346656037;

    /// <summary>Gets or sets a value indicating whether nothing more is noted: what follows a failure is of no interest.</summary>
    public bool IsFrozen { get; set; }

    /// <summary>Notes an event.</summary>
    public void Add(TraceKind kind, long time, int loop = -1, Opcode opcode = Opcode.Nop, int descriptor = -1, ulong tag = 0, long result = 0, string? text = null)
    {
        if (IsFrozen)
        {
            return;
        }

        Count++;
        ref TraceEntry entry = ref entries[next];
        next = next + 1 == entries.Length ? 0 : next + 1;
        entry.Time = time;
        entry.Kind = kind;
        entry.Loop = loop;
        entry.Opcode = opcode;
        entry.Descriptor = descriptor;
        entry.Tag = tag;
        entry.Result = result;
        entry.Text = text;
        Mix((ulong)time);
        Mix(((ulong)kind << 56) | ((ulong)opcode << 48) | ((ulong)(ushort)loop << 32) | (uint)descriptor);
        Mix(tag);
        Mix((ulong)result);
        if (kind is TraceKind.Note or TraceKind.Violation && text is not null)
        {
            foreach (char c in text)
            {
                Mix(c);
            }
        }
    }

    /// <summary>Puts the last events into words, a line each.</summary>
    public string Format()
    {
        StringBuilder text = new();
        long first = Math.Max(0, Count - entries.Length);
        if (first > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"… {first} earlier events").Append('\n');
        }

        for (long i = first; i < Count; i++)
        {
            Format(text, entries[i % entries.Length]);
        }

        return text.ToString();
    }

    private static void Format(StringBuilder text, in TraceEntry entry)
    {
        text.Append(CultureInfo.InvariantCulture, $"{entry.Time / 1000.0,12:F1} µs  ");
        text.Append(entry.Loop < 0 ? "          " : string.Create(CultureInfo.InvariantCulture, $"loop {entry.Loop,-4} "));
        text.Append(CultureInfo.InvariantCulture, $"{Word(entry.Kind),-9} ");
        if (entry.Kind is TraceKind.Begin or TraceKind.Wait or TraceKind.Item or TraceKind.End or TraceKind.Cancel or TraceKind.Call)
        {
            text.Append(entry.Text ?? OpcodeNames.Of(entry.Opcode));
            if (entry.Descriptor >= 0)
            {
                text.Append(" fd ").Append(entry.Descriptor - DescriptorTable.Base);
            }

            if (entry.Tag != 0)
            {
                text.Append(CultureInfo.InvariantCulture, $" #{entry.Tag & 0xffffffff:x}");
            }
        }
        else
        {
            if (entry.Kind is TraceKind.Peer or TraceKind.Arrive)
            {
                text.Append(CultureInfo.InvariantCulture, $"socket {entry.Tag} ");
            }

            text.Append(entry.Text);
        }

        if (entry.Kind is TraceKind.Item or TraceKind.End or TraceKind.Cancel or TraceKind.Call or TraceKind.Enter)
        {
            text.Append(" → ").Append(entry.Result is < 0 and > -4096 ? Errno.Name((int)-entry.Result) : entry.Result.ToString(CultureInfo.InvariantCulture));
        }
        else if (entry.Kind is TraceKind.Begin or TraceKind.Arrive or TraceKind.Step or TraceKind.Peer)
        {
            text.Append(CultureInfo.InvariantCulture, $" ({entry.Result})");
        }
        else if (entry.Kind == TraceKind.Park && entry.Result != long.MaxValue)
        {
            text.Append(CultureInfo.InvariantCulture, $" until {entry.Result / 1000.0:F1} µs");
        }

        text.Append('\n');
    }

    private static string Word(TraceKind kind) => kind switch
    {
        TraceKind.Note => "note",
        TraceKind.Step => "turn",
        TraceKind.Park => "sleeps",
        TraceKind.Wake => "wakes",
        TraceKind.Enter => "enter",
        TraceKind.Begin => "begins",
        TraceKind.Wait => "waits",
        TraceKind.Item => "item",
        TraceKind.End => "ends",
        TraceKind.Cancel => "cancel of",
        TraceKind.Call => "call",
        TraceKind.Arrive => "arrives",
        TraceKind.Peer => "peer",
        TraceKind.Violation => "BROKEN",
        _ => "crash",
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Mix(ulong value) => Hash = (Hash ^ value) * 1099511628211;
}
