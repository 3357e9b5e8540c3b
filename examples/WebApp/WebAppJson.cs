using System.Text.Json;
using System.Text.Json.Serialization;
using Dispatch.Examples.WebApp.Endpoints;
using Dispatch.Examples.WebApp.Files;

namespace Dispatch.Examples.WebApp;

/// <summary>How the program's records are written: code made when it is built, so that it also runs trimmed and ahead-of-time compiled.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(GreetingMessage))]
[JsonSerializable(typeof(StoredFile))]
[JsonSerializable(typeof(RunRecord))]
internal sealed partial class WebAppJson : JsonSerializerContext;
