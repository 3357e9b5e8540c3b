// What a receive costs with each kind of provided buffers that the kernel has: one multishot receive a connection, all of them on one ring and one
// thread, which reads every byte; another thread sends.
//
//   receive messages KIND     a message of 64 bytes, on each of 64 connections in turn
//   receive stream KIND       a block of 64 KiB on one of 4 connections, as fast as they go
//
// KIND, each of one MiB of buffers:
//   plain         a receive takes a whole buffer, of 4 KiB
//   large         the same, of 64 KiB
//   incremental   a receive takes as much of a buffer of 64 KiB as it needs, and the next goes on behind it (IOU_PBUF_RING_INC, Linux 6.12)
//   bundle        a receive takes as many buffers of 4 KiB as there is data for (IORING_RECVSEND_BUNDLE, Linux 6.10)
//   both          a bundle of incremental buffers of 64 KiB
//
// Works in windows: prints "ready", then for each line "run MS" on stdin works that long and answers with one JSON object, whose CPU time is the receiving
// thread's own. Ends when stdin does.
// Build: gcc -O2 -pthread receive.c -luring
#define _GNU_SOURCE
#include <errno.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ENTRIES 256
#define POOL (1024 * 1024)
#define SMALL_BUFFER 4096
#define LARGE_BUFFER 65536
#define MAX_BUFFERS (POOL / SMALL_BUFFER)
#define MAX_CONNECTIONS 64
#define MESSAGE 64
#define BLOCK 65536
#define MAX_STREAM_AHEAD (4 * 1024 * 1024)

// Newer than the headers of the distributions that this is compiled on.
#define RING_INCREMENTAL 2
#define BUFFER_MORE (1u << 4)
#define RECEIVE_BUNDLE (1u << 4)

static struct io_uring ring;
static struct io_uring_buf_ring *buffer_ring;
static char *pool;
static unsigned buffers, buffer_size;
static unsigned consumed[MAX_BUFFERS];
static int incremental, bundle, messages;
static int near[MAX_CONNECTIONS], far[MAX_CONNECTIONS];
static unsigned connections;
static char block[BLOCK];
static _Atomic int64_t received;
static _Atomic int running;
static sem_t begun;
static int64_t sent;
static uint64_t sum;

static void fail(const char *what, int error)
{
    fprintf(stderr, "%s: %s\n", what, strerror(error));
    exit(1);
}

static int64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void connect_all(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, MAX_CONNECTIONS) < 0
        || getsockname(listener, (struct sockaddr *)&address, &length) < 0) {
        fail("listen", errno);
    }
    for (unsigned i = 0; i < connections; i++) {
        int one = 1;
        far[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (far[i] < 0 || connect(far[i], (struct sockaddr *)&address, length) < 0 || (near[i] = accept(listener, NULL, NULL)) < 0
            || setsockopt(far[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0) {
            fail("connect", errno);
        }
    }
    close(listener);
}

static void give_back(unsigned buffer)
{
    consumed[buffer] = 0;
    io_uring_buf_ring_add(buffer_ring, pool + (size_t)buffer * buffer_size, buffer_size, (unsigned short)buffer, io_uring_buf_ring_mask(buffers), 0);
    io_uring_buf_ring_advance(buffer_ring, 1);
}

static void set_up_ring(void)
{
    struct io_uring_params parameters = { .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE, .cq_entries = 4096 };
    int error = io_uring_queue_init_params(ENTRIES, &ring, &parameters);
    if (error < 0 || (error = io_uring_register_ring_fd(&ring)) < 0) {
        fail("io_uring_setup", -error);
    }
    buffers = POOL / buffer_size;
    pool = aligned_alloc(4096, POOL);
    buffer_ring = mmap(NULL, buffers * sizeof(struct io_uring_buf), PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    if (pool == NULL || buffer_ring == MAP_FAILED) {
        fail("buffers", ENOMEM);
    }
    memset(pool, 1, POOL);
    // The record's last sixteen bits before the reserve: "pad" in old headers, "flags" in new ones.
    struct io_uring_buf_reg registration = { .ring_addr = (uintptr_t)buffer_ring, .ring_entries = buffers };
    uint16_t flags = incremental ? RING_INCREMENTAL : 0;
    memcpy((char *)&registration + 14, &flags, sizeof flags);
    error = io_uring_register_buf_ring(&ring, &registration, 0);
    if (error < 0) {
        fail("io_uring_register_buf_ring", -error);
    }
    io_uring_buf_ring_init(buffer_ring);
    for (unsigned i = 0; i < buffers; i++) {
        give_back(i);
    }
}

static void arm_receive(unsigned connection)
{
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring);
    if (entry == NULL) {
        io_uring_submit(&ring);
        entry = io_uring_get_sqe(&ring);
    }
    io_uring_prep_recv_multishot(entry, near[connection], NULL, 0, 0);
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->ioprio |= bundle ? RECEIVE_BUNDLE : 0;
    entry->user_data = connection;
}

static void read_bytes(const char *data, unsigned length)
{
    for (unsigned i = 0; i + sizeof(uint64_t) <= length; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, data + i, sizeof word);
        sum += word;
    }
}

// The kernel fills buffers in the order in which they stand in the ring. One that is given back goes to its end, and as every one is given back as soon as it
// has been read, that order is the buffers' numbers, over and over.
static void read_buffers(unsigned buffer, unsigned length, unsigned flags)
{
    while (length != 0) {
        unsigned room = buffer_size - consumed[buffer];
        unsigned part = length < room ? length : room;
        read_bytes(pool + (size_t)buffer * buffer_size + consumed[buffer], part);
        length -= part;
        if (!incremental) {
            give_back(buffer);
        } else {
            consumed[buffer] += part;
            // More of it comes only if the kernel says so of the last one that it names.
            if (length != 0 || !(flags & BUFFER_MORE)) {
                give_back(buffer);
            }
        }
        buffer = (buffer + 1) % buffers;
    }
}

static int64_t take_completions(void)
{
    struct io_uring_cqe *completion;
    unsigned head, seen = 0;
    int64_t bytes = 0;
    io_uring_for_each_cqe(&ring, head, completion) {
        seen++;
        if (completion->res <= 0 && completion->res != -ENOBUFS) {
            fail("receive", -completion->res);
        }
        if (completion->res > 0) {
            bytes += completion->res;
            read_buffers(completion->flags >> IORING_CQE_BUFFER_SHIFT, (unsigned)completion->res, completion->flags);
        }
        if (!(completion->flags & IORING_CQE_F_MORE)) {
            arm_receive((unsigned)completion->user_data);
        }
    }
    io_uring_cq_advance(&ring, seen);
    return bytes;
}

static void *send_all(void *unused)
{
    (void)unused;
    for (;;) {
        while (!atomic_load_explicit(&running, memory_order_acquire)) {
            sem_wait(&begun);
        }
        int64_t ahead = messages ? 0 : MAX_STREAM_AHEAD;
        if (sent - atomic_load_explicit(&received, memory_order_acquire) > ahead) {
            continue;
        }
        for (unsigned i = 0; i < connections; i++) {
            size_t length = messages ? MESSAGE : BLOCK;
            if (send(far[i], block, length, MSG_NOSIGNAL) != (ssize_t)length) {
                fail("send", errno);
            }
            sent += (int64_t)length;
        }
    }
    return NULL;
}

int main(int count, char **arguments)
{
    const char *kind = count == 3 ? arguments[2] : "";
    messages = count == 3 && strcmp(arguments[1], "messages") == 0;
    incremental = strcmp(kind, "incremental") == 0 || strcmp(kind, "both") == 0;
    bundle = strcmp(kind, "bundle") == 0 || strcmp(kind, "both") == 0;
    int large = incremental || strcmp(kind, "large") == 0;
    if (!(messages || (count == 3 && strcmp(arguments[1], "stream") == 0)) || !(large || bundle || strcmp(kind, "plain") == 0)) {
        fprintf(stderr, "usage: receive messages|stream plain|large|incremental|bundle|both\n");
        return 2;
    }
    connections = messages ? MAX_CONNECTIONS : 4;
    buffer_size = large ? LARGE_BUFFER : SMALL_BUFFER;
    connect_all();
    set_up_ring();
    for (unsigned i = 0; i < connections; i++) {
        arm_receive(i);
    }
    sem_init(&begun, 0, 0);
    pthread_t sender;
    if (pthread_create(&sender, NULL, send_all, NULL) != 0) {
        fail("pthread_create", EAGAIN);
    }

    printf("ready\n");
    fflush(stdout);
    char line[64];
    while (fgets(line, sizeof line, stdin) != NULL) {
        int milliseconds;
        if (sscanf(line, "run %d", &milliseconds) != 1) {
            fprintf(stderr, "not understood: %s", line);
            return 2;
        }
        int64_t before = atomic_load(&received), total = before;
        int64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        int64_t begin = clock_ns(CLOCK_MONOTONIC);
        int64_t deadline = begin + milliseconds * INT64_C(1000000), now;
        atomic_store(&running, 1);
        sem_post(&begun);
        do {
            struct __kernel_timespec limit = { .tv_nsec = 1000000 };
            struct io_uring_cqe *first;
            int error = io_uring_submit_and_wait_timeout(&ring, &first, 1, &limit, NULL);
            if (error < 0 && error != -ETIME && error != -EINTR && error != -EAGAIN) {
                fail("io_uring_submit_and_wait", -error);
            }
            total += take_completions();
            atomic_store_explicit(&received, total, memory_order_release);
        } while ((now = clock_ns(CLOCK_MONOTONIC)) < deadline);
        atomic_store(&running, 0);
        cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
        int64_t operations = (total - before) / (messages ? MESSAGE : BLOCK);
        printf("{\"operations\":%lld,\"wallNs\":%lld,\"cpuNs\":%lld}\n", (long long)operations, (long long)(now - begin), (long long)cpu);
        fflush(stdout);
    }
    return sum == 1;
}
