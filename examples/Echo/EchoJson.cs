using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dispatch.Examples.Echo;

/// <summary>How the program's records are written: code made when it is built, so that it also runs trimmed and compiled ahead of time.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(EchoSummary))]
internal sealed partial class EchoJson : JsonSerializerContext;
