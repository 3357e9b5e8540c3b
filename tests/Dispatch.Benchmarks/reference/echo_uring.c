// The echo server that Dispatch is held against: one ring, one thread, nothing between the completion and the next request.
// Multishot accept and receive, kernel-provided buffers, and sends that the kernel completes in full.
//
//   echo_uring PORT CPU     PORT 0: any free port; CPU -1: where the parent put us
//
// Prints "listening on 127.0.0.1:PORT" and serves until stdin ends.
// Build: gcc -O2 echo_uring.c -luring
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define ENTRIES 4096
#define BUFFERS 4096
#define BUFFER_SIZE 2048
#define BUFFER_GROUP 0
#define MAX_DESCRIPTORS 65536

enum kind { ACCEPTED = 1, RECEIVED, SENT, CONTROL };

static struct io_uring ring;
static struct io_uring_buf_ring *buffer_ring;
static char *pool;
static unsigned lengths[BUFFERS];
static int listener;

// Receives that ended for want of a buffer. They are armed again when a send has given one back.
static int starved[MAX_DESCRIPTORS];
static int starved_count;

static void fail(const char *what, int error)
{
    fprintf(stderr, "%s: %s\n", what, strerror(error));
    exit(1);
}

static uint64_t tag(enum kind kind, int descriptor, unsigned buffer)
{
    return (uint64_t)(uint32_t)descriptor << 32 | (uint64_t)buffer << 4 | kind;
}

static struct io_uring_sqe *next_entry(void)
{
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring);
    while (entry == NULL) {
        int submitted = io_uring_submit(&ring);
        if (submitted < 0 && submitted != -EINTR && submitted != -EAGAIN && submitted != -EBUSY) {
            fail("io_uring_submit", -submitted);
        }
        entry = io_uring_get_sqe(&ring);
    }
    return entry;
}

static void arm_accept(void)
{
    struct io_uring_sqe *entry = next_entry();
    io_uring_prep_multishot_accept(entry, listener, NULL, NULL, SOCK_CLOEXEC);
    entry->user_data = tag(ACCEPTED, listener, 0);
}

static void arm_receive(int descriptor)
{
    struct io_uring_sqe *entry = next_entry();
    io_uring_prep_recv_multishot(entry, descriptor, NULL, 0, 0);
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->buf_group = BUFFER_GROUP;
    entry->user_data = tag(RECEIVED, descriptor, 0);
}

static void arm_control(void)
{
    struct io_uring_sqe *entry = next_entry();
    io_uring_prep_poll_add(entry, STDIN_FILENO, POLLIN);
    entry->user_data = tag(CONTROL, 0, 0);
}

static void give_back(unsigned buffer)
{
    io_uring_buf_ring_add(buffer_ring, pool + (size_t)buffer * BUFFER_SIZE, BUFFER_SIZE, (unsigned short)buffer,
                          io_uring_buf_ring_mask(BUFFERS), 0);
    io_uring_buf_ring_advance(buffer_ring, 1);
}

static void on_accept(const struct io_uring_cqe *completion)
{
    if (completion->res >= 0) {
        int one = 1;
        setsockopt(completion->res, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        arm_receive(completion->res);
    } else if (completion->res != -ECONNABORTED) {
        fail("accept", -completion->res);
    }
    if (!(completion->flags & IORING_CQE_F_MORE)) {
        arm_accept();
    }
}

static void on_receive(const struct io_uring_cqe *completion, int descriptor)
{
    if (completion->res == -ENOBUFS) {
        starved[starved_count++] = descriptor;
        return;
    }
    if (completion->res <= 0) {
        if (completion->flags & IORING_CQE_F_BUFFER) {
            give_back(completion->flags >> IORING_CQE_BUFFER_SHIFT);
        }
        close(descriptor);
        return;
    }
    unsigned buffer = completion->flags >> IORING_CQE_BUFFER_SHIFT;
    lengths[buffer] = (unsigned)completion->res;
    struct io_uring_sqe *entry = next_entry();
    io_uring_prep_send(entry, descriptor, pool + (size_t)buffer * BUFFER_SIZE, lengths[buffer], MSG_WAITALL | MSG_NOSIGNAL);
    entry->user_data = tag(SENT, descriptor, buffer);
    if (!(completion->flags & IORING_CQE_F_MORE)) {
        arm_receive(descriptor);
    }
}

static void on_sent(const struct io_uring_cqe *completion, int descriptor, unsigned buffer)
{
    // The armed receive still holds the connection: shut down, it ends and closes the descriptor. Not when it failed
    // because the connection had gone already, for then the number may be another connection's by now.
    if (completion->res >= 0 && (unsigned)completion->res < lengths[buffer]) {
        shutdown(descriptor, SHUT_RDWR);
    }
    give_back(buffer);
}

static void on_control(void)
{
    char ignored[256];
    if (read(STDIN_FILENO, ignored, sizeof ignored) <= 0) {
        exit(0);
    }
    arm_control();
}

static void listen_on(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    int one = 1;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0
        || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 1024) < 0
        || getsockname(listener, (struct sockaddr *)&address, &length) < 0) {
        fail("listen", errno);
    }
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
}

static void set_up_ring(void)
{
    struct io_uring_params parameters = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
        .cq_entries = 4 * ENTRIES,
    };
    int error = io_uring_queue_init_params(ENTRIES, &ring, &parameters);
    if (error < 0) {
        fail("io_uring_setup", -error);
    }
    error = io_uring_register_ring_fd(&ring);
    if (error < 0) {
        fail("io_uring_register_ring_fd", -error);
    }

    pool = malloc((size_t)BUFFERS * BUFFER_SIZE);
    buffer_ring = mmap(NULL, BUFFERS * sizeof(struct io_uring_buf), PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    if (pool == NULL || buffer_ring == MAP_FAILED) {
        fail("buffers", ENOMEM);
    }
    struct io_uring_buf_reg registration = { .ring_addr = (uintptr_t)buffer_ring, .ring_entries = BUFFERS, .bgid = BUFFER_GROUP };
    error = io_uring_register_buf_ring(&ring, &registration, 0);
    if (error < 0) {
        fail("io_uring_register_buf_ring", -error);
    }
    io_uring_buf_ring_init(buffer_ring);
    for (unsigned i = 0; i < BUFFERS; i++) {
        give_back(i);
    }
}

int main(int count, char **arguments)
{
    if (count != 3) {
        fprintf(stderr, "usage: echo_uring PORT CPU\n");
        return 2;
    }
    int cpu = atoi(arguments[2]);
    if (cpu >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(cpu, &set);
        if (sched_setaffinity(0, sizeof set, &set) < 0) {
            fail("sched_setaffinity", errno);
        }
    }
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < MAX_DESCRIPTORS ? limit.rlim_max : MAX_DESCRIPTORS;
    setrlimit(RLIMIT_NOFILE, &limit);

    set_up_ring();
    listen_on(atoi(arguments[1]));
    arm_accept();
    arm_control();
    for (;;) {
        int submitted = io_uring_submit_and_wait(&ring, 1);
        if (submitted < 0 && submitted != -EINTR && submitted != -EAGAIN && submitted != -EBUSY) {
            fail("io_uring_submit_and_wait", -submitted);
        }
        struct io_uring_cqe *completion;
        unsigned head, seen = 0, returned = 0;
        io_uring_for_each_cqe(&ring, head, completion) {
            seen++;
            int descriptor = (int)(completion->user_data >> 32);
            switch (completion->user_data & 15) {
            case ACCEPTED:
                on_accept(completion);
                break;
            case RECEIVED:
                on_receive(completion, descriptor);
                break;
            case SENT:
                on_sent(completion, descriptor, (unsigned)completion->user_data >> 4);
                returned++;
                break;
            case CONTROL:
                on_control();
                break;
            }
        }
        io_uring_cq_advance(&ring, seen);
        for (; starved_count > 0 && returned > 0; returned--) {
            arm_receive(starved[--starved_count]);
        }
    }
}
