namespace Dispatch.Testing;

/// <summary>The descriptor numbers of a simulated process: the lowest free one is given next, up to a limit.</summary>
internal sealed class DescriptorTable(int limit)
{
    /// <summary>The first number. High enough that one that reaches the real kernel by mistake is no descriptor there.</summary>
    public const int Base = 0x100000;

    private readonly List<OpenDescription?> slots = [];

    /// <summary>Gets how many are open.</summary>
    public int Count { get; private set; }

    /// <summary>Gives a number to an open file, which it then holds a reference of. Returns −EMFILE when there is none left; the file is released.</summary>
    public int Add(OpenDescription description)
    {
        if (Count >= limit)
        {
            description.Release();
            return -Errno.EMFILE;
        }

        Count++;
        for (int i = 0; i < slots.Count; i++)
        {
            if (slots[i] is null)
            {
                slots[i] = description;
                return Base + i;
            }
        }

        slots.Add(description);
        return Base + slots.Count - 1;
    }

    /// <summary>Gets what a number stands for, or null.</summary>
    public OpenDescription? Find(int number)
    {
        int index = number - Base;
        return (uint)index < (uint)slots.Count ? slots[index] : null;
    }

    /// <summary>Closes a number. Returns −EBADF when it is not open.</summary>
    public int Close(int number)
    {
        if (Find(number) is not { } description)
        {
            return -Errno.EBADF;
        }

        slots[number - Base] = null;
        Count--;
        description.Release();
        return 0;
    }

    /// <summary>Closes everything: the process is gone.</summary>
    public void CloseAll()
    {
        for (int i = 0; i < slots.Count; i++)
        {
            if (slots[i] is not null)
            {
                _ = Close(Base + i);
            }
        }
    }

    /// <summary>Lists what is open, for messages.</summary>
    public IEnumerable<(int Number, OpenDescription Description)> List()
    {
        for (int i = 0; i < slots.Count; i++)
        {
            if (slots[i] is { } description)
            {
                yield return (Base + i, description);
            }
        }
    }
}
