// The echo load: every connection sends a message, waits until it is back, checks every byte of it, and sends the next.
//
//   load HOST PORT CONNECTIONS BYTES [CPU]
//
// Works in windows: connects, prints "ready", then for each line "run MS" on stdin works that long, waits until every
// reply is in, and answers with one JSON object. The connections stay open in between. Ends when stdin does.
// Exit codes: 1 cannot start, 2 usage, 3 a connection broke or stalled, 4 a byte differs.
// Build: gcc -O2 load.c
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_BYTES 65536
#define PATTERNS 65536
#define STALL_MS 5000
#define EVENTS 256

enum { CANNOT_START = 1, USAGE, BROKEN, DIFFERENT };

struct connection {
    int descriptor;
    int received;
    const char *message;
    int64_t sent_at;
};

static struct connection *connections;
static int connection_count, message_bytes, poller;

// A message is a slice of this noise: where it begins depends on the connection and the round, so that a reply meant
// for another connection or an earlier round cannot pass for the right one.
static char noise[PATTERNS + MAX_BYTES];
static uint32_t rounds;

static uint32_t *latencies;
static size_t latency_count, latency_capacity;

static void fail(int code, const char *what, int error)
{
    fprintf(stderr, "%s: %s\n", what, strerror(error));
    exit(code);
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void make_noise(void)
{
    uint64_t state = 0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < sizeof noise; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise[i] = (char)(state >> 32);
    }
}

static void record(int64_t latency)
{
    if (latency_count == latency_capacity) {
        latency_capacity = latency_capacity == 0 ? 1 << 20 : latency_capacity * 2;
        latencies = realloc(latencies, latency_capacity * sizeof *latencies);
        if (latencies == NULL) {
            fail(CANNOT_START, "latencies", ENOMEM);
        }
    }
    latencies[latency_count++] = latency > UINT32_MAX ? UINT32_MAX : (uint32_t)latency;
}

static int ascending(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static long quantile_ns(double quantile)
{
    return latency_count == 0 ? 0 : latencies[(size_t)(quantile * (double)(latency_count - 1))];
}

static void send_message(struct connection *connection, int64_t now)
{
    uint32_t index = (uint32_t)(connection - connections);
    connection->message = noise + ((index * 7919u + ++rounds * 40503u) & (PATTERNS - 1));
    connection->received = 0;
    connection->sent_at = now;
    // The sockets block. A message is never larger than what the two socket buffers hold, so the send always ends.
    for (int sent = 0; sent < message_bytes;) {
        ssize_t n = send(connection->descriptor, connection->message + sent, (size_t)(message_bytes - sent), MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR) {
            fail(BROKEN, "send", errno);
        }
        sent += n > 0 ? (int)n : 0;
    }
}

// Takes what has arrived. True when the reply is complete.
static int take_reply(struct connection *connection)
{
    static char arrived[MAX_BYTES + 1];
    ssize_t n = recv(connection->descriptor, arrived, sizeof arrived, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return 0;
    }
    if (n <= 0) {
        fail(BROKEN, "a connection broke", n == 0 ? ECONNRESET : errno);
    }
    if (n > message_bytes - connection->received || memcmp(arrived, connection->message + connection->received, (size_t)n) != 0) {
        fprintf(stderr, "connection %d: the reply differs from what was sent\n", (int)(connection - connections));
        exit(DIFFERENT);
    }
    connection->received += (int)n;
    return connection->received == message_bytes;
}

static void run(int milliseconds)
{
    struct epoll_event events[EVENTS];
    uint64_t requests = 0;
    latency_count = 0;
    int outstanding = connection_count;
    int64_t begin = now_ns(), deadline = begin + milliseconds * INT64_C(1000000), now = begin;
    for (int i = 0; i < connection_count; i++) {
        send_message(&connections[i], now_ns());
    }
    while (outstanding > 0) {
        int ready = epoll_wait(poller, events, EVENTS, STALL_MS);
        if (ready == 0) {
            fprintf(stderr, "%d replies did not come within %d ms\n", outstanding, STALL_MS);
            exit(BROKEN);
        }
        if (ready < 0 && errno != EINTR) {
            fail(CANNOT_START, "epoll_wait", errno);
        }
        for (int i = 0; i < ready; i++) {
            struct connection *connection = events[i].data.ptr;
            if (!take_reply(connection)) {
                continue;
            }
            now = now_ns();
            record(now - connection->sent_at);
            requests++;
            if (now < deadline) {
                send_message(connection, now);
            } else {
                // The message is back in full: anything more on this connection is a byte too many.
                connection->received = message_bytes;
                outstanding--;
            }
        }
    }
    int64_t wall = now - begin;
    qsort(latencies, latency_count, sizeof *latencies, ascending);
    printf("{\"operations\":%llu,\"wallNs\":%lld,\"p50Ns\":%ld,\"p99Ns\":%ld,\"p999Ns\":%ld}\n", (unsigned long long)requests,
           (long long)wall, quantile_ns(0.5), quantile_ns(0.99), quantile_ns(0.999));
    fflush(stdout);
}

static void connect_all(const char *host, int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
        fail(USAGE, host, EINVAL);
    }
    poller = epoll_create1(EPOLL_CLOEXEC);
    connections = calloc((size_t)connection_count, sizeof *connections);
    if (poller < 0 || connections == NULL) {
        fail(CANNOT_START, "epoll_create1", errno);
    }
    for (int i = 0; i < connection_count; i++) {
        int one = 1, descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &connections[i] };
        if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0
            || setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0
            || epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) < 0) {
            fail(CANNOT_START, "connect", errno);
        }
        connections[i].descriptor = descriptor;
    }
}

int main(int count, char **arguments)
{
    connection_count = count >= 5 ? atoi(arguments[3]) : 0;
    message_bytes = count >= 5 ? atoi(arguments[4]) : 0;
    if (count > 6 || connection_count < 1 || message_bytes < 1 || message_bytes > MAX_BYTES) {
        fprintf(stderr, "usage: load HOST PORT CONNECTIONS BYTES [CPU]\n");
        return USAGE;
    }
    if (count == 6 && atoi(arguments[5]) >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(atoi(arguments[5]), &set);
        if (sched_setaffinity(0, sizeof set, &set) < 0) {
            fail(CANNOT_START, "sched_setaffinity", errno);
        }
    }
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);

    make_noise();
    connect_all(arguments[1], atoi(arguments[2]));
    printf("ready\n");
    fflush(stdout);
    char line[64];
    while (fgets(line, sizeof line, stdin) != NULL) {
        int milliseconds;
        if (sscanf(line, "run %d", &milliseconds) != 1) {
            fprintf(stderr, "not understood: %s", line);
            return USAGE;
        }
        run(milliseconds);
    }
    return 0;
}
