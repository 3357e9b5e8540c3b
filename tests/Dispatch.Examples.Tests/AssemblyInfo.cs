using Xunit.Sdk;
using Xunit.v3;

// The programs measure time and use every CPU: one at a time.
[assembly: Parallelization(Mode = ParallelMode.None)]
