using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Dispatch.Tests.Interop;

/// <summary>
/// A C program about a set of facts, made in two steps: gcc first says which names these headers lack (an enumerator cannot be asked for with
/// <c>#ifdef</c>), then the program prints the value of each that they have.
/// </summary>
internal sealed partial class HeaderProgram
{
    private const string Includes = """
        #define _GNU_SOURCE
        #include <stddef.h>
        #include <stdio.h>
        #include <string.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <limits.h>
        #include <poll.h>
        #include <signal.h>
        #include <sys/epoll.h>
        #include <sys/inotify.h>
        #include <sys/mman.h>
        #include <sys/wait.h>
        #include <sys/xattr.h>
        #include <sys/resource.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/types.h>
        #include <asm/unistd.h>
        #include <linux/aio_abi.h>
        #include <linux/falloc.h>
        #include <linux/fs.h>
        #include <linux/futex.h>
        #include <linux/io_uring.h>
        #include <linux/mman.h>
        #include <linux/openat2.h>
        #include <linux/time_types.h>
        #ifndef SYS_io_uring_enter
        #define SYS_io_uring_enter __NR_io_uring_enter
        #endif

        """;

    private readonly Dictionary<string, long> values = [];

    private HeaderProgram(IReadOnlyCollection<string> lacking) => Lacking = lacking;

    /// <summary>Gets the expressions that these headers do not know.</summary>
    public IReadOnlyCollection<string> Lacking { get; }

    /// <summary>Gets what the program printed after the values: a <c>struct statx</c> that it filled in, in hexadecimal.</summary>
    public byte[] FilledStatx { get; private set; } = [];

    /// <summary>Compiles and runs.</summary>
    public static HeaderProgram Run(IEnumerable<HeaderFact> facts)
    {
        string[] expressions = [.. facts.SelectMany(f => f.Expressions).Distinct()];
        DirectoryInfo folder = Directory.CreateTempSubdirectory("dispatch-headers-");
        try
        {
            HeaderProgram program = new(Probe(folder.FullName, expressions));
            program.Evaluate(folder.FullName, [.. expressions.Except(program.Lacking)]);
            return program;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Gets the headers' value of a fact, or null when they do not know it.</summary>
    public long? ValueOf(HeaderFact fact)
    {
        foreach (string expression in fact.Expressions)
        {
            if (values.TryGetValue(expression, out long value))
            {
                return value;
            }
        }

        return null;
    }

    private static HashSet<string> Probe(string folder, string[] expressions)
    {
        StringBuilder source = new(Includes);
        int firstLine = Includes.Count(c => c == '\n') + 1;
        for (int i = 0; i < expressions.Length; i++)
        {
            source.Append(CultureInfo.InvariantCulture, $"long long v{i} = (long long)({expressions[i]});\n");
        }

        File.WriteAllText(Path.Combine(folder, "probe.c"), source.ToString());
        string said = CCompiler.Check(folder, "probe.c");
        HashSet<string> lacking = [];
        foreach (Match error in ErrorLine().Matches(said))
        {
            int line = int.Parse(error.Groups["line"].Value, CultureInfo.InvariantCulture);
            string text = error.Groups["text"].Value;
            bool unknown = text.Contains("undeclared", StringComparison.Ordinal) || text.Contains("has no member named", StringComparison.Ordinal);
            Assert.True(unknown && line >= firstLine, $"gcc refused the probe for another reason than a name that it lacks:\n{said}");
            lacking.Add(expressions[line - firstLine]);
        }

        Assert.True(lacking.Count != 0 || !said.Contains("error:", StringComparison.Ordinal), $"gcc refused the probe:\n{said}");
        return lacking;
    }

    [GeneratedRegex(@"^probe\.c:(?<line>\d+):\d+: (fatal )?error: (?<text>.*)$", RegexOptions.Multiline)]
    private static partial Regex ErrorLine();

    private void Evaluate(string folder, string[] expressions)
    {
        StringBuilder source = new(Includes);
        source.Append("int main(void)\n{\n");
        foreach (string expression in expressions)
        {
            source.Append(CultureInfo.InvariantCulture, $"    printf(\"%lld\\n\", (long long)({expression}));\n");
        }

        source.Append("""
                struct statx s;
                memset(&s, 0, sizeof s);
                s.stx_mask = STATX_BASIC_STATS | STATX_BTIME | STATX_DIOALIGN;
                s.stx_nlink = 3;
                s.stx_uid = 1001;
                s.stx_gid = 1002;
                s.stx_mode = S_IFIFO | 0640;
                s.stx_ino = 0x1122334455ULL;
                s.stx_size = 0x6677889900ULL;
                s.stx_blocks = 7;
                s.stx_atime.tv_sec = 1000000001;
                s.stx_atime.tv_nsec = 100;
                s.stx_btime.tv_sec = 1000000002;
                s.stx_btime.tv_nsec = 200;
                s.stx_ctime.tv_sec = 1000000003;
                s.stx_ctime.tv_nsec = 300;
                s.stx_mtime.tv_sec = 1000000004;
                s.stx_mtime.tv_nsec = 400;
                s.stx_dev_major = 8;
                s.stx_dev_minor = 17;
                s.stx_dio_mem_align = 4;
                s.stx_dio_offset_align = 512;
                for (size_t i = 0; i < sizeof s; i++)
                    printf("%02x", ((unsigned char*)&s)[i]);
                return 0;
            }
            """);
        File.WriteAllText(Path.Combine(folder, "program.c"), source.ToString());
        string[] lines = CCompiler.CompileAndRun(folder, "program.c").Split('\n');
        Assert.Equal(expressions.Length + 1, lines.Length);
        for (int i = 0; i < expressions.Length; i++)
        {
            values.Add(expressions[i], long.Parse(lines[i], CultureInfo.InvariantCulture));
        }

        FilledStatx = Convert.FromHexString(lines[^1]);
    }
}
