using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Dispatch.AspNetCore.Tests;

/// <summary>The certificate of servers that encrypt.</summary>
internal static class TestCertificate
{
    private const string Subject = "CN=localhost";

    /// <summary>Makes one for localhost that nobody else has signed.</summary>
    public static X509Certificate2 SelfSigned()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(Subject, key, HashAlgorithmName.SHA256);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Says whether what a server has shown is such a one.</summary>
    public static bool IsShown(X509Certificate? shown) => shown?.Subject == Subject;
}
