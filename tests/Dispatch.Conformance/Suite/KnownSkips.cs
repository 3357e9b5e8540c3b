namespace Dispatch.Conformance;

/// <summary>The table of what is skipped: the kernel, what it lacks (it says why itself), the test. A skip that is not here fails the suite, and so does one here that is none any more.</summary>
internal static class KnownSkips
{
    public static IReadOnlyList<string> All { get; } =
    [
        "Simulated, AnyCall: CallTests.A_driver_is_asked_with_memory_and_with_an_address",
        "Simulated, AnyCall: CallTests.A_file_in_memory_is_one",
        "Simulated, AnyCall: CallTests.A_lock_is_waited_for_or_refused_and_a_cancel_ends_the_wait",
        "Simulated, AnyCall: CallTests.Devices_are_waited_for_and_read_ahead_from",
        "Simulated, AnyCall: CallTests.Entries_of_a_directory_are_read_to_the_end",
        "Simulated, AnyCall: CallTests.Files_are_copied_within_the_kernel",
        "Simulated, AnyCall: CallTests.Memory_of_a_process_is_copied_and_a_bad_address_is_EFAULT",
        "Simulated, AnyCall: CallTests.The_two_ends_of_a_fifo_wait_for_each_other",
        "Simulated, BadPointers: FileTests.A_bad_address_is_EFAULT_and_the_loop_goes_on",
        "Simulated, Processes: ProcessTests.A_process_ends_although_an_open_waits_for_a_fifos_peer",
        "Simulated, Processes: ProcessTests.A_process_ends_with_requests_in_flight",
        "Simulated, Processes: ProcessTests.A_process_that_may_have_no_ring_is_told_why_and_what_to_do",
        "Simulated, Processes: ProcessTests.A_started_program_gets_nothing_of_a_loop_and_takes_nothing_from_it",
        "Simulated, Processes: ProcessTests.An_ordinary_user_who_may_lock_no_memory_gets_a_loop_that_works_or_the_limits_name",
    ];
}
