using System.Runtime.CompilerServices;
using Xunit.Sdk;
using Xunit.v3;

// Tests count the process's descriptors: a test running beside them would be counted too.
[assembly: Parallelization(Mode = ParallelMode.None)]
[assembly: InternalsVisibleTo("Dispatch.Conformance.Run")]
