using System.Security.Cryptography.X509Certificates;

namespace Dispatch.Examples.WebApp;

/// <summary>A server's certificate and its key, out of one file.</summary>
internal static class CertificateFile
{
    /// <summary>Loads it.</summary>
    /// <param name="file">PEM, or PKCS #12 without a password.</param>
    /// <returns>The certificate, which has its key.</returns>
    public static X509Certificate2 Load(FileInfo file) =>
        File.ReadAllText(file.FullName).Contains("-----BEGIN ", StringComparison.Ordinal)
            ? X509Certificate2.CreateFromPemFile(file.FullName)
            : X509CertificateLoader.LoadPkcs12FromFile(file.FullName, password: null);
}
