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
        "LinuxAio, DirectDescriptors: SlotTests.A_file_is_passed_from_loop_to_loop",
        "LinuxAio, DirectDescriptors: SlotTests.A_slot_is_filled_read_from_given_a_descriptor_and_cleared",
        "LinuxAio, DirectDescriptors: SlotTests.Opens_sockets_and_accepts_go_into_slots_and_what_nobody_takes_is_cleared",
        "LinuxAio, FutexVectors: UpdateTests.The_futex_that_was_woken_is_named_by_its_place",
        "LinuxAio, ProvidedByRequests: SlotTests.Buffers_are_provided_sent_and_taken_back",
        "Simulated, BadPointers: FileTests.A_bad_address_is_EFAULT_and_the_loop_goes_on",
        "Simulated, DirectDescriptors: SlotTests.A_file_is_passed_from_loop_to_loop",
        "Simulated, DirectDescriptors: SlotTests.A_slot_is_filled_read_from_given_a_descriptor_and_cleared",
        "Simulated, DirectDescriptors: SlotTests.Opens_sockets_and_accepts_go_into_slots_and_what_nobody_takes_is_cleared",
        "Simulated, EpollSets: EpollTests.A_set_is_filled_and_waited_on",
        "Simulated, ExtendedAttributes: AttributeTests.An_attribute_is_set_and_read_by_descriptor_and_by_path",
        "Simulated, FutexVectors: UpdateTests.The_futex_that_was_woken_is_named_by_its_place",
        "Simulated, GuardedOpens: LinkTests.An_open_beneath_a_directory_leads_nowhere_else",
        "Simulated, ControlData: MessageTests.Descriptors_travel_as_control_data_and_those_that_nobody_takes_are_closed",
        "Simulated, MultishotReads: PipeTests.A_multishot_read_brings_what_comes_through_a_pipe_until_its_end",
        "Simulated, Processes: ChildTests.A_child_is_waited_for_and_tells_how_it_ended",
        "Simulated, Processes: ProcessTests.A_process_ends_although_an_open_waits_for_a_fifos_peer",
        "Simulated, Processes: ProcessTests.A_process_ends_with_requests_in_flight",
        "Simulated, Processes: ProcessTests.A_process_that_may_have_no_ring_is_told_why_and_what_to_do",
        "Simulated, Processes: ProcessTests.A_started_program_gets_nothing_of_a_loop_and_takes_nothing_from_it",
        "Simulated, Processes: ProcessTests.An_ordinary_user_who_may_lock_no_memory_gets_a_loop_that_works_or_the_limits_name",
        "Simulated, Processes: SystemStreamTests.Signals_come_to_who_listens",
        "Simulated, Processes: SystemStreamTests.The_end_of_a_child_is_told_to_who_waits_and_to_who_comes_late",
        "Simulated, ProvidedByRequests: SlotTests.Buffers_are_provided_sent_and_taken_back",
        "Simulated, SocketCommands: SocketCommandTests.A_socket_tells_its_bytes_and_keeps_its_options",
        "Simulated, Splicing: PipeTests.Data_is_spliced_from_a_file_through_a_pipe_into_another_and_teed_on_its_way",
        "Simulated, VectorsInRegisteredBuffers: LinkTests.Pieces_of_a_registered_buffer_are_written_from_and_read_into",
        "Simulated, Watching: SystemStreamTests.Changes_of_a_directory_come_once_to_observers_that_come_and_go",
        "Simulated, Watching: SystemStreamTests.Lines_of_a_growing_file_that_is_rotated_come_once",
        "Simulated, ZeroCopy: MessageTests.A_zero_copy_send_ends_with_its_result_when_its_memory_is_free",
    ];
}
