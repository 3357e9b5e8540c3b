namespace Dispatch.Conformance.Files;

/// <summary>Requests on extended attributes.</summary>
public sealed class AttributeTests : KernelTests
{
    private const string Name = "user.dispatch";

    [Theory]
    [EveryKernel(Capability.ExtendedAttributes)]
    [Covers(nameof(IoRequest.SetExtendedAttribute))]
    [Covers(nameof(IoRequest.GetExtendedAttribute))]
    [Covers(nameof(IoRequest.SetExtendedAttributeOf))]
    [Covers(nameof(IoRequest.GetExtendedAttributeOf))]
    public void An_attribute_is_set_and_read_by_descriptor_and_by_path(TestedKernel kernel) => Run(kernel, async w =>
    {
        string path = await w.File("f", [1]);
        int file = await w.Open("f", OpenFlags.ReadWrite);
        byte[] value = new byte[16];
        Assert.Equal(-Errno.ENODATA, await w.Do(IoRequest.GetExtendedAttribute(file, Name, value)));
        Assert.Equal(0, await w.Do(IoRequest.SetExtendedAttribute(file, Name, "one"u8.ToArray())));
        Assert.Equal(3, await w.Do(IoRequest.GetExtendedAttributeOf(path, Name, value)));
        Assert.Equal("one"u8.ToArray(), value[..3]);
        Assert.Equal(-Errno.EEXIST, await w.Do(IoRequest.SetExtendedAttributeOf(path, Name, "two"u8.ToArray(), ExtendedAttributeFlags.Create)));
        Assert.Equal(0, await w.Do(IoRequest.SetExtendedAttributeOf(path, Name, "three"u8.ToArray(), ExtendedAttributeFlags.Replace)));
        Assert.Equal(5, await w.Do(IoRequest.GetExtendedAttribute(file, Name, Memory<byte>.Empty)));
        Assert.Equal(-Errno.ERANGE, await w.Do(IoRequest.GetExtendedAttribute(file, Name, value.AsMemory(0, 4))));
        Assert.Equal(-Errno.ENODATA, await w.Do(IoRequest.SetExtendedAttribute(file, Name + "2", value, ExtendedAttributeFlags.Replace)));
        Assert.Equal(-Errno.ENOENT, await w.Do(IoRequest.GetExtendedAttributeOf(w["none"], Name, value)));
        await w.Close(file);
        Assert.Equal(-Errno.EBADF, await w.Do(IoRequest.GetExtendedAttribute(file, Name, value)));
    });
}
