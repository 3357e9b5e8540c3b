using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dispatch.Benchmarks;

/// <summary>The line that a child process answers with: a <see cref="Window"/> as JSON.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Window))]
internal sealed partial class WindowJson : JsonSerializerContext;
