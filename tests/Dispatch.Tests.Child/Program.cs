namespace Dispatch.Tests.Child;

/// <summary>
/// <c>[--deny ERRNO] [--deny-aio ERRNO] [--deny-populate ERRNO] [--memlock BYTES] [--nofile COUNT] [--ordinary-user] [--kernel KIND] [--words FILE] VERB</c>: confines the process, in this order, then does what the verb says. What a test
/// wants to know is printed as lines of <c>name=value</c>.
/// </summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        Queue<string> rest = new(arguments);
        while (rest.TryDequeue(out string? word))
        {
            switch (word)
            {
                case "--deny":
                    Confinement.DenyIoUring(int.Parse(rest.Dequeue(), null));
                    break;
                case "--deny-aio":
                    Confinement.DenyAio(int.Parse(rest.Dequeue(), null));
                    break;
                case "--kernel":
                    Verbs.Kernel = Enum.Parse<KernelKind>(rest.Dequeue());
                    break;
                case "--words":
                    Verbs.Words = rest.Dequeue();
                    break;
                case "--deny-populate":
                    Confinement.DenyPopulate(int.Parse(rest.Dequeue(), null));
                    break;
                case "--memlock":
                    Confinement.Limit(Confinement.LockedMemory, ulong.Parse(rest.Dequeue(), null));
                    break;
                case "--nofile":
                    Confinement.Limit(Confinement.OpenFiles, ulong.Parse(rest.Dequeue(), null));
                    break;
                case "--ordinary-user":
                    Confinement.BecomeOrdinaryUser();
                    break;
                default:
                    return Verbs.Run(word);
            }
        }

        return Verbs.Run(string.Empty);
    }
}
