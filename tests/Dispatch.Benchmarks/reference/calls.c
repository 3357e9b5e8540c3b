// What the system calls cost that a piece of work cannot do without, made one after the other by one thread with nothing else to do: what no way of
// making them asynchronously can be expected to beat, and where most of the time of every one of them goes.
//
//   calls files FOLDER      a small file of those in FOLDER: open, read, close
//   calls lookup TABLE      a lookup in a table of examples/KeyLookup: pread of an index block, pread of the block of records that it names
//
// Works in windows: prints "ready", then for each line "run MS" on stdin works that long and answers with one JSON object. Ends when stdin does.
// Build: gcc -O2 calls.c
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 4096
#define KEYS_PER_BLOCK 512
#define MAX_FILES 1000
#define BETWEEN_LOOKS 256

static char *paths[MAX_FILES];
static uint32_t numbers[MAX_FILES];
static unsigned files;
static int table;
static uint64_t index_blocks, record_blocks;
static uint64_t random_state = 88172645463325252u;
static uint64_t block[BLOCK / sizeof(uint64_t) + 1];

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

static void find_files(const char *folder)
{
    DIR *entries = opendir(folder);
    if (entries == NULL) {
        fail(folder, errno);
    }
    struct dirent *entry;
    while (files < MAX_FILES && (entry = readdir(entries)) != NULL) {
        const char *dash = strchr(entry->d_name, '-');
        if (dash != NULL && asprintf(&paths[files], "%s/%s", folder, entry->d_name) > 0) {
            numbers[files++] = (uint32_t)atoi(dash + 1);
        }
    }
    closedir(entries);
    if (files == 0) {
        fail(folder, ENOENT);
    }
}

static void open_table(const char *path)
{
    struct stat status;
    table = open(path, O_RDONLY | O_CLOEXEC);
    if (table < 0 || fstat(table, &status) < 0) {
        fail(path, errno);
    }
    // One block of header, then an index block for every 512 blocks of records.
    uint64_t blocks = (uint64_t)status.st_size / BLOCK - 1;
    index_blocks = (blocks + KEYS_PER_BLOCK) / (KEYS_PER_BLOCK + 1);
    record_blocks = blocks - index_blocks;
}

static void read_file(void)
{
    unsigned which = next_random() % files;
    int file = open(paths[which], O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        fail(paths[which], errno);
    }
    if (read(file, block, BLOCK + 1) < 1024 || (uint32_t)block[0] != numbers[which]) {
        fail(paths[which], EIO);
    }
    close(file);
}

static void read_block(uint64_t number)
{
    if (pread(table, block, BLOCK, (off_t)(number * BLOCK)) != BLOCK) {
        fail("pread", EIO);
    }
}

static void look_up(void)
{
    uint64_t record_block = next_random() % record_blocks;
    read_block(1 + record_block / KEYS_PER_BLOCK);
    uint64_t key = block[record_block % KEYS_PER_BLOCK];
    read_block(1 + index_blocks + record_block);
    if (block[0] != key) {
        fail("the index names another block", EIO);
    }
}

int main(int count, char **arguments)
{
    int lookups = count == 3 && strcmp(arguments[1], "lookup") == 0;
    if (!lookups && (count != 3 || strcmp(arguments[1], "files") != 0)) {
        fprintf(stderr, "usage: calls files FOLDER | calls lookup TABLE\n");
        return 2;
    }
    if (lookups) {
        open_table(arguments[2]);
    } else {
        find_files(arguments[2]);
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
        int64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        int64_t begin = clock_ns(CLOCK_MONOTONIC);
        int64_t deadline = begin + milliseconds * INT64_C(1000000);
        uint64_t done = 0;
        do {
            for (int i = 0; i < BETWEEN_LOOKS; i++) {
                if (lookups) {
                    look_up();
                } else {
                    read_file();
                }
            }
            done += BETWEEN_LOOKS;
        } while (clock_ns(CLOCK_MONOTONIC) < deadline);
        int64_t wall = clock_ns(CLOCK_MONOTONIC) - begin;
        cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
        printf("{\"operations\":%llu,\"wallNs\":%lld,\"cpuNs\":%lld}\n", (unsigned long long)done, (long long)wall, (long long)cpu);
        fflush(stdout);
    }
    return 0;
}
