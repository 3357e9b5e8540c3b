// What a list of NOPs costs when a thread sleeps until it has ended, and nothing stands between it and the kernel: the figure that RequestList is held against.
//
//   list BATCH
//
// One thread has the ring. Another one asks it, by an eventfd that the ring has a poll on, for BATCH NOPs, and sleeps on the futex that counts those that are pending. The first one submits them in one
// enter, writes each result into a word of its own, counts down, and wakes the sleeper when it is done, if there is one.
//
// Works in windows: prints "ready", then for each line "run MS" on stdin works that long and answers with one JSON object. Ends when stdin does.
// Build: gcc -O2 list.c -luring -pthread
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <liburing.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAX_BATCH 1024
#define WAKE_TAG UINT64_MAX

static unsigned batch;
static int wake;
static _Alignas(64) atomic_int pending;
static atomic_int sleepers;
static _Alignas(64) atomic_int words[MAX_BATCH];

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

static _Noreturn void serve_for_ever(void)
{
    struct io_uring ring;
    struct io_uring_params parameters = { .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN };
    int error = io_uring_queue_init_params(MAX_BATCH, &ring, &parameters);
    if (error < 0) {
        fail("io_uring_setup", -error);
    }
    error = io_uring_register_ring_fd(&ring);
    if (error < 0) {
        fail("io_uring_register_ring_fd", -error);
    }
    struct io_uring_sqe *poll = io_uring_get_sqe(&ring);
    io_uring_prep_poll_multishot(poll, wake, 1);
    poll->user_data = WAKE_TAG;
    unsigned left = 0;
    for (;;) {
        int submitted = io_uring_submit_and_wait(&ring, left != 0 ? left : 1);
        if (submitted < 0 && submitted != -EINTR) {
            fail("io_uring_enter", -submitted);
        }
        int asked = 0;
        unsigned head, seen = 0, ended = 0;
        struct io_uring_cqe *completion;
        io_uring_for_each_cqe(&ring, head, completion) {
            seen++;
            if (completion->user_data == WAKE_TAG) {
                asked = 1;
            } else {
                atomic_store_explicit(&words[completion->user_data], completion->res, memory_order_release);
                ended++;
            }
        }
        io_uring_cq_advance(&ring, seen);
        if (ended != 0) {
            left -= ended;
            atomic_store_explicit(&pending, (int)left, memory_order_release);
            atomic_thread_fence(memory_order_seq_cst);
            if (left == 0 && atomic_load_explicit(&sleepers, memory_order_relaxed) != 0) {
                syscall(SYS_futex, &pending, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
            }
        }
        if (asked) {
            left = batch;
            for (unsigned i = 0; i < batch; i++) {
                struct io_uring_sqe *entry = io_uring_get_sqe(&ring);
                io_uring_prep_nop(entry);
                entry->user_data = i;
            }
        }
    }
}

static void *serve(void *unused)
{
    (void)unused;
    serve_for_ever();
}

static void run_list(void)
{
    for (unsigned i = 0; i < batch; i++) {
        atomic_store_explicit(&words[i], INT_MIN, memory_order_relaxed);
    }
    atomic_store_explicit(&pending, (int)batch, memory_order_release);
    uint64_t one = 1;
    if (write(wake, &one, sizeof one) != sizeof one) {
        fail("write", errno);
    }
    atomic_fetch_add(&sleepers, 1);
    int now;
    while ((now = atomic_load_explicit(&pending, memory_order_acquire)) != 0) {
        syscall(SYS_futex, &pending, FUTEX_WAIT_PRIVATE, now, NULL, NULL, 0);
    }
    atomic_fetch_sub(&sleepers, 1);
    for (unsigned i = 0; i < batch; i++) {
        if (atomic_load_explicit(&words[i], memory_order_relaxed) != 0) {
            fail("nop", EIO);
        }
    }
}

int main(int count, char **arguments)
{
    batch = count == 2 ? (unsigned)atoi(arguments[1]) : 0;
    if (batch < 1 || batch > MAX_BATCH) {
        fprintf(stderr, "usage: list BATCH\n");
        return 2;
    }
    wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_t server;
    if (wake < 0 || pthread_create(&server, NULL, serve, NULL) != 0) {
        fail("start", errno);
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
        int64_t cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
        int64_t begin = clock_ns(CLOCK_MONOTONIC);
        int64_t deadline = begin + milliseconds * INT64_C(1000000);
        uint64_t done = 0;
        do {
            for (int turn = 0; turn < 16; turn++) {
                run_list();
                done += batch;
            }
        } while (clock_ns(CLOCK_MONOTONIC) < deadline);
        int64_t wall = clock_ns(CLOCK_MONOTONIC) - begin;
        cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        printf("{\"operations\":%llu,\"wallNs\":%lld,\"cpuNs\":%lld}\n", (unsigned long long)done, (long long)wall, (long long)cpu);
        fflush(stdout);
    }
    exit(0);
}
