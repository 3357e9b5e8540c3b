using Xunit.Sdk;
using Xunit.v3;

// A simulation is one thread's whole business, and its seeds are compared by what they did: nothing runs beside it.
[assembly: Parallelization(Mode = ParallelMode.None)]
