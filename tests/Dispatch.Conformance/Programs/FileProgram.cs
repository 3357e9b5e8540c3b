namespace Dispatch.Conformance.Programs;

/// <summary>Random programs over a few names and a few open files, one request after the other.</summary>
internal sealed class FileProgram(World world)
{
    public const int Kinds = 17;

    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private static readonly string[] Names = ["a", "b", "d", "d/a", "d/b", "e", "a/x"];

    private readonly int[] slots = [-1, -1, -1, -1];
    private readonly Outcome outcome = new();

    public static async Task<string> RunAsync(World world, IReadOnlyList<Step> steps)
    {
        FileProgram program = new(world);
        foreach (Step step in steps)
        {
            await program.DoAsync(step);
        }

        await program.EndAsync();
        return program.outcome.ToString();
    }

    private static string Name(int number) => Names[number % Names.Length];

    private async Task DoAsync(Step step)
    {
        int slot = step.Slot % slots.Length;
        int file = slots[slot] < 0 ? 1_000_000_000 : slots[slot];
        long offset = step.Second switch
        {
            0 => 0,
            1 => -1,
            _ => step.Second * 1000L,
        };
        string name = Name(step.First);
        string other = Name(step.Second);
        switch (step.Kind % Kinds)
        {
            case 0 or 1 or 2:
                await OpenAsync(slot, name, step);
                break;
            case 3 or 4:
                outcome.Add($"write {slot} {offset} {step.Size}", await world.Do(IoRequest.Write(file, World.Pattern(step.Size, step.First), offset)));
                break;
            case 5 or 6:
                byte[] buffer = new byte[step.Size];
                int got = await world.Do(IoRequest.Read(file, buffer, offset));
                outcome.Add($"read {slot} {offset} {step.Size}", got, buffer);
                break;
            case 7:
                byte[] head = new byte[(step.Size / 3) + 1];
                byte[] tail = new byte[(step.Size / 2) + 1];
                int both = await world.Do(IoRequest.ReadVector(file, new Memory<byte>[] { head, tail }, offset));
                outcome.Add($"readv {slot} {offset} {step.Size}", both, [.. head, .. tail]);
                break;
            case 8:
                ReadOnlyMemory<byte>[] pieces = [World.Pattern((step.Size / 3) + 1, 5), World.Pattern(step.Size / 2, 6)];
                outcome.Add($"writev {slot} {offset} {step.Size}", await world.Do(IoRequest.WriteVector(file, pieces, offset, step.First == 0 ? ReadWriteFlags.Append : ReadWriteFlags.None)));
                break;
            case 9:
                outcome.Add($"truncate {slot} {step.Size}", await world.Do(IoRequest.SetLength(file, step.Size)));
                break;
            case 10:
                FileAllocationMode mode = (step.First % 3) switch
                {
                    0 => FileAllocationMode.Allocate,
                    1 => FileAllocationMode.KeepSize,
                    _ => FileAllocationMode.PunchHole | FileAllocationMode.KeepSize,
                };
                outcome.Add($"allocate {slot} {offset} {step.Size} {mode}", await world.Do(IoRequest.Allocate(file, offset, step.Size, mode)));
                break;
            case 11:
                RenameFlags flags = (RenameFlags)(step.Size % 3);
                outcome.Add($"rename {name} {other} {flags}", await world.Do(IoRequest.Rename(world[name], world[other], flags)));
                break;
            case 12:
                outcome.Add($"unlink {name} {step.Second % 2}", await world.Do(IoRequest.Unlink(world[name], step.Second % 2 == 1)));
                break;
            case 13:
                outcome.Add($"mkdir {name}", await world.Do(IoRequest.MakeDirectory(world[name], Mode)));
                break;
            case 14:
                await StatusAsync(name, null);
                break;
            case 15:
                await StatusAsync(string.Empty, file);
                outcome.Add($"sync {slot}", await world.Do(IoRequest.Sync(file, step.First % 2 == 0)));
                break;
            default:
                outcome.Add($"close {slot}", await world.Do(IoRequest.Close(file)));
                slots[slot] = -1;
                break;
        }
    }

    private async Task OpenAsync(int slot, string name, Step step)
    {
        if (slots[slot] >= 0)
        {
            await world.Close(slots[slot]);
        }

        OpenFlags flags = (OpenFlags)(step.Second % 3)
            | (step.Size % 2 == 0 ? OpenFlags.Create : 0)
            | (step.Size % 7 == 0 ? OpenFlags.Truncate : 0)
            | (step.Size % 5 == 0 ? OpenFlags.Append : 0)
            | (step.Size % 6 == 0 ? OpenFlags.Exclusive : 0);
        int result = await world.Do(IoRequest.OpenAt(world[name], flags | OpenFlags.CloseOnExec, UnixFileMode.UserRead | UnixFileMode.UserWrite));
        outcome.AddOpened($"open {slot} {name} {flags}", result);
        slots[slot] = Math.Max(-1, result);
    }

    private async Task StatusAsync(string name, int? file)
    {
        byte[] record = new byte[FileStatus.RecordBytes];
        int result = await world.Do(IoRequest.Status(name.Length == 0 ? name : world[name], record, directory: file is { } number ? number : null));
        outcome.Add($"status {name}", result);
        if (result == 0)
        {
            FileStatus status = FileStatus.Parse(record);
            outcome.Add(status.Kind == FileKind.Regular ? $"    {status.Kind} {status.Length} {status.LinkCount} {status.Mode}" : $"    {status.Kind} {status.Mode}");
        }
    }

    private async Task EndAsync()
    {
        foreach (int slot in slots.Where(s => s >= 0))
        {
            await world.Close(slot);
        }

        foreach (string name in Names)
        {
            int file = await world.Do(IoRequest.OpenAt(world[name], OpenFlags.ReadOnly | OpenFlags.CloseOnExec));
            outcome.AddOpened($"at the end, {name}", file);
            if (file >= 0)
            {
                byte[] all = new byte[1 << 18];
                int length = await world.Do(IoRequest.Read(file, all, 0));
                outcome.Add(name, length, all.AsSpan(0, Math.Max(0, length)));
                await world.Close(file);
            }
        }
    }
}
