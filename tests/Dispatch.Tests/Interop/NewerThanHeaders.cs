namespace Dispatch.Tests.Interop;

/// <summary>The names that headers of Linux 6.1 do not have yet, and for each the test that proves its number by what the kernel does with it.</summary>
internal static class NewerThanHeaders
{
    public static IReadOnlyDictionary<string, string> Proofs { get; } = new Dictionary<string, string>
    {
        ["IORING_SETUP_NO_MMAP"] = nameof(NewerThanHeadersTests.A_ring_without_mmap_lives_in_memory_of_ours),
        ["IORING_SETUP_NO_SQARRAY"] = nameof(NewerThanHeadersTests.A_ring_without_an_index_array_has_none),
        ["IORING_FEAT_REG_REG_RING"] = nameof(NewerThanHeadersTests.The_feature_of_registering_by_registered_ring_is_there_when_it_works),
        ["IORING_FEAT_RECVSEND_BUNDLE"] = nameof(NewerThanHeadersTests.A_bundle_fills_more_than_one_buffer),
        ["IORING_FEAT_MIN_TIMEOUT"] = nameof(NewerThanHeadersTests.The_feature_of_a_least_wait_is_there_when_it_works),
        ["IORING_FEAT_RW_ATTR"] = nameof(NewerThanHeadersTests.The_feature_of_attributes_is_there_when_it_works),
        ["IORING_FEAT_NO_IOWAIT"] = nameof(NewerThanHeadersTests.The_feature_of_waiting_without_iowait_is_there_when_it_works),
        ["IORING_ENTER_NO_IOWAIT"] = nameof(NewerThanHeadersTests.The_feature_of_waiting_without_iowait_is_there_when_it_works),
        ["IORING_REGISTER_SEND_MSG_RING"] = nameof(NewerThanHeadersTests.A_message_is_sent_by_a_thread_without_a_ring),
        ["IORING_MSG_RING_FLAGS_PASS"] = nameof(NewerThanHeadersTests.A_message_passes_its_flags),
        ["IORING_RECVSEND_BUNDLE"] = nameof(NewerThanHeadersTests.A_bundle_fills_more_than_one_buffer),
        ["IORING_SEND_ZC_REPORT_USAGE"] = nameof(NewerThanHeadersTests.A_send_without_a_copy_says_over_loopback_that_it_has_copied),
        ["IORING_ACCEPT_DONTWAIT"] = nameof(NewerThanHeadersTests.An_accept_that_does_not_wait_fails_at_once),
        ["IORING_ACCEPT_POLL_FIRST"] = nameof(NewerThanHeadersTests.An_accept_that_polls_first_waits),
        ["IORING_TIMEOUT_MULTISHOT"] = nameof(NewerThanHeadersTests.A_multishot_timeout_expires_again_and_again),
        ["FUTEX2_SIZE_U32"] = nameof(NewerThanHeadersTests.A_futex_is_waited_on_and_woken_in_its_scope),
        ["FUTEX2_PRIVATE"] = nameof(NewerThanHeadersTests.A_futex_is_waited_on_and_woken_in_its_scope),
        ["IORING_OP_READ_MULTISHOT"] = nameof(NewerThanHeadersTests.A_multishot_read_brings_each_piece_of_a_pipe),
        ["IORING_OP_WAITID"] = nameof(NewerThanHeadersTests.Waiting_for_a_process_that_is_no_child_fails_as_waitid_does),
        ["IORING_OP_FUTEX_WAIT"] = nameof(NewerThanHeadersTests.A_futex_is_waited_on_and_woken_in_its_scope),
        ["IORING_OP_FUTEX_WAKE"] = nameof(NewerThanHeadersTests.A_futex_is_waited_on_and_woken_in_its_scope),
        ["IORING_OP_FUTEX_WAITV"] = nameof(NewerThanHeadersTests.One_of_several_futexes_is_named_by_its_index),
        ["IORING_OP_FIXED_FD_INSTALL"] = nameof(NewerThanHeadersTests.A_fixed_file_is_given_a_descriptor),
        ["IORING_OP_FTRUNCATE"] = nameof(NewerThanHeadersTests.A_file_is_truncated),
        ["IORING_OP_BIND"] = nameof(NewerThanHeadersTests.A_socket_is_bound_and_listens),
        ["IORING_OP_LISTEN"] = nameof(NewerThanHeadersTests.A_socket_is_bound_and_listens),
        ["IORING_OP_RECV_ZC"] = nameof(NewerThanHeadersTests.A_zero_copy_receive_is_what_stands_between_listen_and_epoll_wait),
        ["IORING_OP_EPOLL_WAIT"] = nameof(NewerThanHeadersTests.An_epoll_set_is_waited_on),
        ["IORING_OP_READV_FIXED"] = nameof(NewerThanHeadersTests.Vectors_inside_a_registered_buffer_are_written_and_read),
        ["IORING_OP_WRITEV_FIXED"] = nameof(NewerThanHeadersTests.Vectors_inside_a_registered_buffer_are_written_and_read),
        ["IORING_OP_PIPE"] = nameof(NewerThanHeadersTests.A_pipe_is_made),
    };
}
