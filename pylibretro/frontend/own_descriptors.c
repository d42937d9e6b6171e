/* A core's own descriptors and streams. It may close what it has opened; what it leaves open is
 * closed at its end, as it is for a program. */

#ifndef _WIN32

#include "own_libc.h"

#include "frontend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#endif

struct own_streams {
    struct own_streams *next;
    FILE *stream;
};

static struct own_libc *current_own(void)
{
    struct frontend *frontend = own_libc_current();
    return frontend ? frontend->own : NULL;
}

static bool is_known(int descriptor)
{
    return descriptor >= 0 && descriptor < OWN_DESCRIPTORS;
}

int own_descriptor(int descriptor)
{
    struct own_libc *own = current_own();
    if (own && is_known(descriptor))
        __atomic_fetch_or(&own->descriptors[descriptor / 64], (uint64_t)1 << descriptor % 64,
                          __ATOMIC_RELAXED);
    return descriptor;
}

bool own_descriptor_closes(int descriptor)
{
    struct own_libc *own = current_own();
    if (!own || !is_known(descriptor))
        return true;
    const uint64_t bit = (uint64_t)1 << descriptor % 64;
    const uint64_t before =
        __atomic_fetch_and(&own->descriptors[descriptor / 64], ~bit, __ATOMIC_RELAXED);
    return (before & bit) != 0;
}

/* ---- closing -------------------------------------------------------------------------------- */

static int refuse(const char *what, int descriptor)
{
    frontend_note(own_libc_current(), RETRO_LOG_WARN,
                  "the core called %s for descriptor %d, which it has not opened: it stays open",
                  what, descriptor);
    errno = EBADF;
    return -1;
}

static int current_close(int descriptor)
{
    return own_descriptor_closes(descriptor) ? close(descriptor) : refuse("close", descriptor);
}

static int current_dup2(int from, int to)
{
    if (current_own() && is_known(to) && fcntl(to, F_GETFD) != -1) {
        if (!own_descriptor_closes(to))
            return refuse("dup2", to);
        own_descriptor(to);
    }
    return own_descriptor(dup2(from, to));
}

#ifdef __linux__
static int current_dup3(int from, int to, int flags)
{
    if (current_own() && is_known(to) && fcntl(to, F_GETFD) != -1) {
        if (!own_descriptor_closes(to))
            return refuse("dup3", to);
        own_descriptor(to);
    }
    return own_descriptor(dup3(from, to, flags));
}

static int current_close_range(unsigned first, unsigned last, int flags)
{
    (void)first, (void)last, (void)flags;
    return current_own() ? refuse("close_range", (int)first) : -1;
}
#endif

/* ---- opening -------------------------------------------------------------------------------- */

static int current_dup(int descriptor)
{
    return own_descriptor(dup(descriptor));
}

static int current_pipe(int ends[2])
{
    const int result = pipe(ends);
    if (result == 0) {
        own_descriptor(ends[0]);
        own_descriptor(ends[1]);
    }
    return result;
}

static int current_socket(int domain, int type, int protocol)
{
    return own_descriptor(socket(domain, type, protocol));
}

static int current_socketpair(int domain, int type, int protocol, int ends[2])
{
    const int result = socketpair(domain, type, protocol, ends);
    if (result == 0) {
        own_descriptor(ends[0]);
        own_descriptor(ends[1]);
    }
    return result;
}

static int current_accept(int socket, struct sockaddr *address, socklen_t *length)
{
    return own_descriptor(accept(socket, address, length));
}

#ifdef __linux__
static int current_accept4(int socket, struct sockaddr *address, socklen_t *length, int flags)
{
    return own_descriptor(accept4(socket, address, length, flags));
}

static int current_pipe2(int ends[2], int flags)
{
    const int result = pipe2(ends, flags);
    if (result == 0) {
        own_descriptor(ends[0]);
        own_descriptor(ends[1]);
    }
    return result;
}

static int current_eventfd(unsigned value, int flags)
{
    return own_descriptor(eventfd(value, flags));
}

static int current_epoll_create(int size)
{
    return own_descriptor(epoll_create(size));
}

static int current_epoll_create1(int flags)
{
    return own_descriptor(epoll_create1(flags));
}

static int current_timerfd_create(int clock, int flags)
{
    return own_descriptor(timerfd_create(clock, flags));
}

static int current_signalfd(int descriptor, const sigset_t *signals, int flags)
{
    return own_descriptor(signalfd(descriptor, signals, flags));
}

static int current_inotify_init(void)
{
    return own_descriptor(inotify_init());
}

static int current_inotify_init1(int flags)
{
    return own_descriptor(inotify_init1(flags));
}

static int current_memfd_create(const char *name, unsigned flags)
{
    return own_descriptor(memfd_create(name, flags));
}
#endif

static int current_fcntl(int descriptor, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *); /* a number or a pointer, each in one register */
    va_end(arguments);
    const int result = fcntl(descriptor, command, argument);
    if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
        own_descriptor(result);
    return result;
}

/* ---- streams -------------------------------------------------------------------------------- */

FILE *own_stream(FILE *stream)
{
    struct own_libc *own = current_own();
    struct own_streams *entry = own && stream ? malloc(sizeof *entry) : NULL;
    if (entry) {
        entry->stream = stream;
        own_lock(own);
        entry->next = own->streams;
        own->streams = entry;
        own_unlock(own);
    }
    return stream;
}

static bool forget_stream(struct own_libc *own, const FILE *stream)
{
    own_lock(own);
    struct own_streams **link = &own->streams;
    while (*link && (*link)->stream != stream)
        link = &(*link)->next;
    struct own_streams *entry = *link;
    if (entry)
        *link = entry->next;
    own_unlock(own);
    free(entry);
    return entry != NULL;
}

static bool is_standard(const FILE *stream)
{
    return stream == stdin || stream == stdout || stream == stderr;
}

static int current_fclose(FILE *stream)
{
    struct own_libc *own = current_own();
    if (own && is_standard(stream))
        return refuse("fclose", fileno(stream)), EOF;
    if (own)
        forget_stream(own, stream);
    return fclose(stream);
}

static FILE *current_fdopen(int descriptor, const char *mode)
{
    FILE *stream = fdopen(descriptor, mode);
    if (stream) {
        own_descriptor_closes(descriptor); /* with its stream */
        own_stream(stream);
    }
    return stream;
}

static FILE *current_tmpfile(void)
{
    return own_stream(tmpfile());
}

static FILE *current_freopen(const char *path, const char *mode, FILE *stream)
{
    char buffer[4096];
    if (current_own() && is_standard(stream)) {
        refuse("freopen", fileno(stream));
        return NULL;
    }
    return freopen(own_path(path, buffer, sizeof buffer), mode, stream);
}

void own_descriptors_end(struct frontend *frontend)
{
    struct own_libc *own = frontend->own;
    unsigned count = 0;
    while (own->streams) {
        struct own_streams *entry = own->streams;
        own->streams = entry->next;
        fclose(entry->stream);
        free(entry);
        count++;
    }
    for (int word = 0; word < OWN_DESCRIPTORS / 64; word++) {
        while (own->descriptors[word]) {
            const int bit = __builtin_ctzll(own->descriptors[word]);
            own->descriptors[word] &= own->descriptors[word] - 1;
            close(word * 64 + bit);
            count++;
        }
    }
    if (count && !frontend->crashed)
        frontend_note(frontend, RETRO_LOG_INFO,
                      "the core ends and leaves %u files open: they are closed with it", count);
}

void own_descriptors_isolate(struct dylib *library)
{
#define REPLACE(name) dylib_replace_import(library, #name, (void *)current_##name)
#define REPLACE_AS(name, other) dylib_replace_import(library, #name, (void *)current_##other)
    REPLACE(close);
    REPLACE(dup2);
    REPLACE(dup);
    REPLACE(pipe);
    REPLACE(socket);
    REPLACE(socketpair);
    REPLACE(accept);
    REPLACE(fcntl);
    REPLACE(fclose);
    REPLACE(fdopen);
    REPLACE(tmpfile);
    REPLACE(freopen);
#ifdef __linux__
    REPLACE(dup3);
    REPLACE(close_range);
    REPLACE(accept4);
    REPLACE(pipe2);
    REPLACE(eventfd);
    REPLACE(epoll_create);
    REPLACE(epoll_create1);
    REPLACE(timerfd_create);
    REPLACE(signalfd);
    REPLACE(inotify_init);
    REPLACE(inotify_init1);
    REPLACE(memfd_create);
    REPLACE_AS(fcntl64, fcntl);
    REPLACE_AS(tmpfile64, tmpfile);
    REPLACE_AS(freopen64, freopen);
#endif
#undef REPLACE
#undef REPLACE_AS
}

#endif
