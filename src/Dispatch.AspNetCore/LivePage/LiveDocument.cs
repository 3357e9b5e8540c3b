using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;

namespace Dispatch.AspNetCore;

/// <summary>Puts the document together of its three parts, and writes the policy by which a browser runs only these.</summary>
internal static class LiveDocument
{
    private static readonly string Style = Read("page.css");
    private static readonly string Script = Read("page.js");
    private static readonly string[] Around = Read("page.html").Replace("{style}", Style, StringComparison.Ordinal).Replace("{script}", Script, StringComparison.Ordinal).Split("{text}");

    /// <summary>Gets the Content-Security-Policy: nothing from elsewhere, no style and script but those in the document, and updates from where it came from.</summary>
    public static string SecurityPolicy { get; } =
        $"default-src 'none'; style-src '{HashOf(Style)}'; script-src '{HashOf(Script)}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

    /// <summary>Writes the document.</summary>
    /// <param name="text">What browsers show that run no scripts. Plain text.</param>
    /// <returns>HTML.</returns>
    public static string Render(string text) => string.Concat(Around[0], HtmlEncoder.Default.Encode(text), Around[1]);

    private static string HashOf(string inline) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(inline)))}";

    private static string Read(string name)
    {
        using Stream stream = typeof(LiveDocument).Assembly.GetManifestResourceStream($"Dispatch.AspNetCore.LivePage.{name}")
            ?? throw new InvalidOperationException($"The assembly was built without {name}.");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
