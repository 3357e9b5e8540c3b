using Dispatch.AspNetCore;

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
builder.WebHost.UseDispatch();
await using WebApplication app = builder.Build();
app.MapGet("/", () => "served by whatever there is");
await app.RunAsync();
