namespace Dispatch;

/// <summary>Registered credentials by their numbers, from 1. Owner thread only.</summary>
internal sealed class EmulatedIdentities
{
    private const int Most = ushort.MaxValue;

    private readonly List<FileIdentity?> identities = [];

    /// <summary>Registers. Returns the number, or −ENOSPC.</summary>
    public int Register(FileIdentity identity)
    {
        int place = identities.IndexOf(null);
        if (place < 0)
        {
            if (identities.Count == Most)
            {
                return -Errno.ENOSPC;
            }

            place = identities.Count;
            identities.Add(null);
        }

        identities[place] = identity;
        return place + 1;
    }

    /// <summary>Takes one out. Returns 0, or −EINVAL when there is none.</summary>
    public int Unregister(int number)
    {
        if (Find(number) is null)
        {
            return -Errno.EINVAL;
        }

        identities[number - 1] = null;
        return 0;
    }

    /// <summary>Gets one, or null.</summary>
    public FileIdentity? Find(int number) => number >= 1 && number <= identities.Count ? identities[number - 1] : null;
}
