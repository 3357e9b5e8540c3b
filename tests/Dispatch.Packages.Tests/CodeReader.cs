using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Dispatch.Packages.Tests;

/// <summary>What the code of an assembly's methods names: the tokens in its instructions, the types of its locals, and what those consist of.</summary>
internal sealed class CodeReader(AssemblyFile assembly)
{
    private static readonly OpCode[] OneByte = new OpCode[256];
    private static readonly OpCode[] TwoBytes = new OpCode[256];

    private readonly MetadataReader metadata = assembly.Metadata;

    static CodeReader()
    {
        foreach (OpCode code in typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (OpCode)f.GetValue(null)!))
        {
            (code.Size == 1 ? OneByte : TwoBytes)[code.Value & 0xFF] = code;
        }
    }

    /// <summary>Gets the method of this assembly that a handle stands for, or null.</summary>
    public static MethodDefinitionHandle? MethodIn(EntityHandle handle) => handle.Kind == HandleKind.MethodDefinition ? (MethodDefinitionHandle)handle : null;

    /// <summary>Gets the methods of a type, or those of one name.</summary>
    public IEnumerable<MethodDefinitionHandle> MethodsOf(string type, string? name)
    {
        TypeDefinition definition = metadata.TypeDefinitions.Select(metadata.GetTypeDefinition).Single(t => metadata.GetString(t.Name) == type);
        MethodDefinitionHandle[] found = [.. definition.GetMethods().Where(m => name is null || NameOf(m) == name)];
        Assert.NotEmpty(found);
        return found;
    }

    /// <summary>Gets a method's name.</summary>
    public string NameOf(MethodDefinitionHandle method) => metadata.GetString(metadata.GetMethodDefinition(method).Name);

    /// <summary>Whether the compiler is forbidden to put its code into its callers'.</summary>
    public bool IsNeverInlined(MethodDefinitionHandle method) => (metadata.GetMethodDefinition(method).ImplAttributes & MethodImplAttributes.NoInlining) != 0;

    /// <summary>Gets the name of the assembly that a type is of, or null for one of this assembly.</summary>
    public string? AssemblyOf(EntityHandle handle) => handle.Kind switch
    {
        HandleKind.TypeReference => AssemblyOf(metadata.GetTypeReference((TypeReferenceHandle)handle).ResolutionScope),
        HandleKind.AssemblyReference => metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)handle).Name),
        _ => null,
    };

    /// <summary>Gets what a method's code, its signature and its locals name: types, and methods of this assembly.</summary>
    public IReadOnlyCollection<EntityHandle> NamedBy(MethodDefinitionHandle handle)
    {
        HashSet<EntityHandle> named = [];
        MethodDefinition method = metadata.GetMethodDefinition(handle);
        method.DecodeSignature(new TypeCollector(named), null);
        if (assembly.Body(method) is not { } body)
        {
            return named;
        }

        if (!body.LocalSignature.IsNil)
        {
            metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(new TypeCollector(named), null);
        }

        BlobReader code = body.GetILReader();
        while (code.RemainingBytes > 0)
        {
            byte first = code.ReadByte();
            OpCode operation = first == 0xFE ? TwoBytes[code.ReadByte()] : OneByte[first];
            switch (operation.OperandType)
            {
                case OperandType.InlineNone:
                    break;
                case OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok:
                    Add((EntityHandle)MetadataTokens.Handle(code.ReadInt32()), named);
                    break;
                case OperandType.InlineSwitch:
                    int targets = code.ReadInt32();
                    code.Offset += targets * 4;
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    code.Offset += 8;
                    break;
                case OperandType.InlineVar:
                    code.Offset += 2;
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    code.Offset += 1;
                    break;
                default:
                    code.Offset += 4;
                    break;
            }
        }

        return named;
    }

    private void Add(EntityHandle handle, HashSet<EntityHandle> named)
    {
        switch (handle.Kind)
        {
            case HandleKind.MemberReference:
                MemberReference member = metadata.GetMemberReference((MemberReferenceHandle)handle);
                Add(member.Parent, named);
                BlobReader signature = metadata.GetBlobReader(member.Signature);
                SignatureDecoder<bool, object?> decoder = Decoder(named);
                if (member.GetKind() == MemberReferenceKind.Method)
                {
                    decoder.DecodeMethodSignature(ref signature);
                }
                else
                {
                    decoder.DecodeFieldSignature(ref signature);
                }

                break;
            case HandleKind.MethodSpecification:
                MethodSpecification specification = metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                Add(specification.Method, named);
                BlobReader arguments = metadata.GetBlobReader(specification.Signature);
                Decoder(named).DecodeMethodSpecificationSignature(ref arguments);
                break;
            case HandleKind.TypeSpecification:
                BlobReader type = metadata.GetBlobReader(metadata.GetTypeSpecification((TypeSpecificationHandle)handle).Signature);
                Decoder(named).DecodeType(ref type);
                break;
            case HandleKind.TypeDefinition:
                AddFields((TypeDefinitionHandle)handle, named);
                break;
            case HandleKind.FieldDefinition:
                AddFields(metadata.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType(), named);
                break;
            case HandleKind.MethodDefinition:
                named.Add(handle);
                AddFields(metadata.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType(), named); // A call loads the type, and a type's layout its fields' types.
                break;
            default:
                named.Add(handle);
                break;
        }
    }

    private void AddFields(TypeDefinitionHandle type, HashSet<EntityHandle> named)
    {
        if (!named.Add(type))
        {
            return;
        }

        foreach (FieldDefinitionHandle field in metadata.GetTypeDefinition(type).GetFields())
        {
            BlobReader signature = metadata.GetBlobReader(metadata.GetFieldDefinition(field).Signature);
            Decoder(named).DecodeFieldSignature(ref signature);
        }
    }

    private SignatureDecoder<bool, object?> Decoder(HashSet<EntityHandle> named) => new(new TypeCollector(named), metadata, null);

    /// <summary>Collects the types that a signature consists of.</summary>
    private sealed class TypeCollector(HashSet<EntityHandle> named) : ISignatureTypeProvider<bool, object?>
    {
        public bool GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => named.Add(handle);

        public bool GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => named.Add(handle);

        public bool GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
            reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

        public bool GetPrimitiveType(PrimitiveTypeCode typeCode) => true;

        public bool GetSZArrayType(bool elementType) => elementType;

        public bool GetArrayType(bool elementType, ArrayShape shape) => elementType;

        public bool GetByReferenceType(bool elementType) => elementType;

        public bool GetPointerType(bool elementType) => elementType;

        public bool GetPinnedType(bool elementType) => elementType;

        public bool GetModifiedType(bool modifier, bool unmodifiedType, bool isRequired) => unmodifiedType;

        public bool GetGenericInstantiation(bool genericType, ImmutableArray<bool> typeArguments) => genericType;

        public bool GetGenericMethodParameter(object? genericContext, int index) => true;

        public bool GetGenericTypeParameter(object? genericContext, int index) => true;

        public bool GetFunctionPointerType(MethodSignature<bool> signature) => true;
    }
}
