// What the ring costs when nothing stands between it and the caller: the figure that Dispatch's own share is held against.
//
//   nop nop BATCH           NOPs, submitted and reaped BATCH at a time
//   nop read FILE DEPTH     random 4 KiB reads through the page cache, DEPTH in flight
//   nop direct FILE DEPTH   the same with O_DIRECT
//
// Works in windows: prints "ready", then for each line "run MS" on stdin works that long and answers with one JSON object.
// Ends when stdin does. Block N of FILE has to begin with the number N, which every read is checked against.
// Build: gcc -O2 nop.c -luring
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 4096
#define MAX_IN_FLIGHT 1024

struct slot {
    uint64_t *memory;
    uint64_t block;
};

// Direct reads are handed to the device a few at a time while a batch of completions is being worked off: handed over all at
// once at its end, the device has fewer to do meanwhile, which cost a sixth of the throughput. A cached read is done within the
// submission, so that there is nothing to win and each submission costs a system call.
#define DIRECT_SUBMIT_EVERY 8

static struct io_uring ring;
static struct slot slots[MAX_IN_FLIGHT];
static uint64_t random_state = 88172645463325252u;

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

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static int submit_and_wait(unsigned wanted)
{
    int submitted = io_uring_submit_and_wait(&ring, wanted);
    if (submitted < 0 && submitted != -EINTR) {
        fail("io_uring_enter", -submitted);
    }
    return submitted;
}

static uint64_t run_nops(unsigned batch, int64_t deadline)
{
    uint64_t done = 0;
    do {
        // The clock is read once in 16 batches, so that it does not show in the price of a NOP.
        for (int turn = 0; turn < 16; turn++) {
            for (unsigned i = 0; i < batch; i++) {
                struct io_uring_sqe *entry = io_uring_get_sqe(&ring);
                io_uring_prep_nop(entry);
                entry->user_data = i;
            }
            unsigned reaped = 0;
            while (reaped < batch) {
                submit_and_wait(batch - reaped);
                struct io_uring_cqe *completion;
                unsigned head, seen = 0;
                io_uring_for_each_cqe(&ring, head, completion) {
                    if (completion->res != 0) {
                        fail("nop", -completion->res);
                    }
                    seen++;
                }
                io_uring_cq_advance(&ring, seen);
                reaped += seen;
            }
            done += batch;
        }
    } while (clock_ns(CLOCK_MONOTONIC) < deadline);
    return done;
}

static void start_read(int file, uint64_t blocks, unsigned index)
{
    struct slot *slot = &slots[index];
    slot->block = next_random() % blocks;
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring);
    io_uring_prep_read(entry, file, slot->memory, BLOCK, slot->block * BLOCK);
    entry->user_data = index;
}

static uint64_t run_reads(int file, uint64_t blocks, unsigned depth, unsigned submit_every, int64_t deadline)
{
    uint64_t done = 0;
    unsigned in_flight = depth;
    for (unsigned i = 0; i < depth; i++) {
        start_read(file, blocks, i);
    }
    while (in_flight > 0) {
        submit_and_wait(1);
        int again = clock_ns(CLOCK_MONOTONIC) < deadline;
        struct io_uring_cqe *completion;
        unsigned head, seen = 0;
        io_uring_for_each_cqe(&ring, head, completion) {
            struct slot *slot = &slots[completion->user_data];
            if (completion->res != BLOCK) {
                fail("read", completion->res < 0 ? -completion->res : EIO);
            }
            if (*slot->memory != slot->block) {
                fprintf(stderr, "read of block %llu brought another block\n", (unsigned long long)slot->block);
                exit(3);
            }
            seen++;
            // At most `depth` are in flight and the queue has room for MAX_IN_FLIGHT, so an entry is always there.
            if (again) {
                start_read(file, blocks, (unsigned)completion->user_data);
                if (seen % submit_every == 0) {
                    io_uring_submit(&ring);
                }
            } else {
                in_flight--;
            }
        }
        io_uring_cq_advance(&ring, seen);
        done += seen;
    }
    return done;
}

int main(int count, char **arguments)
{
    int nops = count == 3 && strcmp(arguments[1], "nop") == 0;
    int direct = count == 4 && strcmp(arguments[1], "direct") == 0;
    int reads = direct || (count == 4 && strcmp(arguments[1], "read") == 0);
    int in_flight = nops || reads ? atoi(arguments[count - 1]) : 0;
    if (in_flight < 1 || in_flight > MAX_IN_FLIGHT) {
        fprintf(stderr, "usage: nop nop BATCH | nop read FILE DEPTH | nop direct FILE DEPTH\n");
        return 2;
    }

    struct io_uring_params parameters = { .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN };
    int error = io_uring_queue_init_params(MAX_IN_FLIGHT, &ring, &parameters);
    if (error < 0) {
        fail("io_uring_setup", -error);
    }
    error = io_uring_register_ring_fd(&ring);
    if (error < 0) {
        fail("io_uring_register_ring_fd", -error);
    }

    int file = -1;
    unsigned submit_every = direct ? DIRECT_SUBMIT_EVERY : MAX_IN_FLIGHT + 1;
    uint64_t blocks = 0;
    if (reads) {
        file = open(arguments[2], O_RDONLY | O_CLOEXEC | (direct ? O_DIRECT : 0));
        struct stat status;
        if (file < 0 || fstat(file, &status) < 0) {
            fail(arguments[2], errno);
        }
        blocks = (uint64_t)status.st_size / BLOCK;
        if (blocks == 0) {
            fail(arguments[2], EINVAL);
        }
        for (int i = 0; i < in_flight; i++) {
            slots[i].memory = aligned_alloc(BLOCK, BLOCK);
            if (slots[i].memory == NULL) {
                fail("aligned_alloc", ENOMEM);
            }
        }
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
        // A read may be done by a kernel worker, which is a thread of the process but not this one.
        clockid_t cpu_clock = reads ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_THREAD_CPUTIME_ID;
        int64_t cpu = clock_ns(cpu_clock);
        int64_t begin = clock_ns(CLOCK_MONOTONIC);
        int64_t deadline = begin + milliseconds * INT64_C(1000000);
        uint64_t done = reads ? run_reads(file, blocks, in_flight, submit_every, deadline) : run_nops(in_flight, deadline);
        int64_t wall = clock_ns(CLOCK_MONOTONIC) - begin;
        cpu = clock_ns(cpu_clock) - cpu;
        printf("{\"operations\":%llu,\"wallNs\":%lld,\"cpuNs\":%lld}\n", (unsigned long long)done, (long long)wall, (long long)cpu);
        fflush(stdout);
    }
    return 0;
}
