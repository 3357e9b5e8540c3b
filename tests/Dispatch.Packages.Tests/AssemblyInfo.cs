using Dispatch.Packages.Tests;
using Xunit.Sdk;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(PackedPackages))]

// Builds fill the machine: one at a time.
[assembly: Parallelization(Mode = ParallelMode.None)]
