using System.Runtime.Versioning;

// Pinning, /proc, and the C programs: this measures Linux.
[assembly: SupportedOSPlatform("linux")]
