using Xunit.Sdk;
using Xunit.v3;

// Tests count the process's allocations: a test running beside them would be counted too.
[assembly: Parallelization(Mode = ParallelMode.None)]
