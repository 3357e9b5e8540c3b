using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Dispatch.Tables;

namespace Dispatch.Tests.Syscalls;

/// <summary>The table of opcodes is whole, and what is said of them elsewhere is what it says.</summary>
public sealed partial class OpcodeTableTests
{
    /// <summary>System calls that a worker makes: they are in the other table, and in the ring under another name if at all.</summary>
    private static readonly HashSet<string> SystemCalls =
    [
        nameof(IoRequest.CopyRange), nameof(IoRequest.CreateMemoryFile), nameof(IoRequest.DeviceControl), nameof(IoRequest.GetRandom), nameof(IoRequest.Lock), nameof(IoRequest.LockRange), nameof(IoRequest.OpenFifo),
        nameof(IoRequest.ReadDirectory), nameof(IoRequest.ReadProcessMemory), nameof(IoRequest.Readahead), nameof(IoRequest.SendFile), nameof(IoRequest.SyncAll), nameof(IoRequest.SyncFileSystem),
        nameof(IoRequest.Syscall), nameof(IoRequest.SyscallAllowUnsafe),
    ];

    private static readonly Version Oldest = new(6, 0);

    [Fact]
    public void Every_opcode_has_its_row()
    {
        Assert.Equal(Enum.GetValues<Opcode>(), OpcodeTable.All.ToArray().Select(r => r.Opcode));
        DataTable source = DataTable.Parse(File.ReadAllText(Path.Combine(GeneratedFile.FindRoot(AppContext.BaseDirectory), "src/Dispatch/Syscalls/opcodes.tsv")));
        Assert.Equal(source.Rows.Select(r => source[r, "number"]), Enum.GetValues<Opcode>().Select(o => $"{(int)o}"));
    }

    [Fact]
    public void Every_opcode_has_its_factories_but_the_one_that_needs_a_network_cards_queue()
    {
        HashSet<string> factories = [.. Factories().Select(f => f.Name)];
        OpcodeFacts[] rows = OpcodeTable.All.ToArray();

        Assert.Equal([Opcode.RecvZc], rows.Where(r => r.Factories.Length == 0).Select(r => r.Opcode));
        Assert.All(rows, r => Assert.All(r.FactoryNames, f => Assert.Contains(f.Name, factories)));
        Assert.Equal(factories.Order(StringComparer.Ordinal), rows.SelectMany(r => r.FactoryNames).Select(f => f.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_factorys_documentation_names_the_man_pages_and_the_kernel_of_the_table()
    {
        XDocument documentation = XDocument.Load(Path.ChangeExtension(typeof(IoRequest).Assembly.Location, ".xml"));
        ILookup<string, string> texts = documentation.Descendants("member")
            .Select(m => (Name: FactoryName().Match(m.Attribute("name")!.Value).Groups[1].Value, Text: m.ToString()))
            .Where(m => m.Name.Length != 0)
            .ToLookup(m => m.Name, m => m.Text);

        foreach (OpcodeFacts row in OpcodeTable.All)
        {
            foreach ((string name, string kernel) in row.FactoryNames)
            {
                Assert.NotEmpty(texts[name]);
                foreach (string text in texts[name])
                {
                    Assert.All(row.Man.Split(' '), page => Assert.True(text.Contains($"<c>{page}</c>", StringComparison.Ordinal), $"{name} does not name {page}."));
                    Assert.True(KernelOf(kernel).IsMatch(text), $"{name} does not name Linux {kernel}.");
                    Assert.True(Version.Parse(kernel) <= Oldest || text.Contains("Where the kernel lacks it", StringComparison.Ordinal), $"{name} does not say what happens where the kernel lacks it.");
                }
            }
        }
    }

    [Fact]
    public void Every_opcode_that_a_kernel_may_lack_says_what_to_do_instead()
    {
        foreach (OpcodeFacts row in OpcodeTable.All)
        {
            bool mayLack = Version.Parse(row.Kernel) > Oldest || !LinuxAioSetup.Supports(row.Opcode);
            Assert.True(!mayLack || row.Lacking.Length != 0 || row.Opcode is Opcode.FutexWait or Opcode.FutexWake, $"{row.Opcode} says nothing.");
        }
    }

    private static IEnumerable<MethodInfo> Factories() => typeof(IoRequest)
        .GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.DeclaredOnly)
        .Where(m => m.ReturnType == typeof(IoRequest) && (m.IsPublic || m.IsAssembly) && !m.IsSpecialName && !SystemCalls.Contains(m.Name))
        .DistinctBy(m => m.Name);

    private static Regex KernelOf(string kernel) => new($@"Linux {Regex.Escape(kernel)}(?!\d)");

    [GeneratedRegex(@"^M:Dispatch\.IoRequest\.(\w+)")]
    private static partial Regex FactoryName();
}
