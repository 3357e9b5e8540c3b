using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Dispatch.Tests;

/// <summary>Certificates for tests.</summary>
internal static class Certificates
{
    public static X509Certificate2 SelfSigned()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
