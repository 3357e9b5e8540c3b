using System.Text.Json.Serialization;

namespace Dispatch.AspNetCore;

/// <summary>How frames are written: code made when this is built, so that it also runs trimmed and ahead-of-time compiled.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(LiveAbout))]
[JsonSerializable(typeof(LiveFrame))]
internal sealed partial class LiveJson : JsonSerializerContext;
