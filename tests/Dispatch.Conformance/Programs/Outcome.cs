using System.Globalization;
using System.Text;

namespace Dispatch.Conformance.Programs;

/// <summary>What can be seen of a program's run, without times and without descriptor numbers.</summary>
internal sealed class Outcome
{
    private readonly StringBuilder text = new();

    public void Add(string what, int result) =>
        text.Append(CultureInfo.InvariantCulture, $"{what}: {(result < 0 ? Errno.Name(-result) : result.ToString(CultureInfo.InvariantCulture))}\n");

    public void AddOpened(string what, int result) =>
        text.Append(CultureInfo.InvariantCulture, $"{what}: {(result < 0 ? Errno.Name(-result) : "opened")}\n");

    public void Add(string what, int result, ReadOnlySpan<byte> data)
    {
        uint hash = 2_166_136_261;
        foreach (byte b in data)
        {
            hash = (hash ^ b) * 16_777_619;
        }

        Add(what, result);
        text.Append(CultureInfo.InvariantCulture, $"    {data.Length} bytes {hash:x8}\n");
    }

    public void Add(string what) => text.Append(what).Append('\n');

    public override string ToString() => text.ToString();
}
