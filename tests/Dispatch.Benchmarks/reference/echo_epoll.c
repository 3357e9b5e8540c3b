// Echo on epoll, everything on the one thread that waits: the least that a server on readiness can do. Edge-triggered, so that a connection costs no epoll_ctl after its first.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { events_at_once = 256, buffer_bytes = 4096 };

static int fail(const char *what)
{
    perror(what);
    return 1;
}

static void echo(int connection)
{
    char buffer[buffer_bytes];
    for (;;) {
        ssize_t got = recv(connection, buffer, sizeof buffer, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (got <= 0 || send(connection, buffer, (size_t)got, MSG_NOSIGNAL) != got) {
            close(connection);
            return;
        }
        if (got < (ssize_t)sizeof buffer) {
            return;
        }
    }
}

int main(int count, char **arguments)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)(count > 1 ? atoi(arguments[1]) : 0)) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 4096) != 0 || getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        return fail("listen");
    }

    int set = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event wanted = { .events = EPOLLIN, .data.fd = listener };
    struct epoll_event input = { .events = EPOLLIN | EPOLLHUP, .data.fd = 0 };
    if (set < 0 || epoll_ctl(set, EPOLL_CTL_ADD, listener, &wanted) != 0) {
        return fail("epoll");
    }
    epoll_ctl(set, EPOLL_CTL_ADD, 0, &input); // Ends with its standard input.
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);

    struct epoll_event events[events_at_once];
    for (;;) {
        int ready = epoll_wait(set, events, events_at_once, -1);
        for (int i = 0; i < ready; i++) {
            int number = events[i].data.fd;
            if (number == 0) {
                return 0;
            }
            if (number != listener) {
                echo(number);
                continue;
            }
            int connection;
            while ((connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
                setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                struct epoll_event data = { .events = EPOLLIN | EPOLLET | EPOLLRDHUP, .data.fd = connection };
                epoll_ctl(set, EPOLL_CTL_ADD, connection, &data);
            }
        }
    }
}
