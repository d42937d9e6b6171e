#include "faults.h"

#ifndef _WIN32

#include "platform.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unwind.h>
#if defined(__linux__)
#include <link.h>
#include <ucontext.h>
#elif defined(__APPLE__)
#include <sys/ucontext.h>
#endif

/* ---- whose code is it ----------------------------------------------------------------------- */

enum owner { NOBODYS, OF_THE_CORE, OURS, OF_LIBC, WITHOUT_LOCKS, SOMEBODY_ELSES };

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

static bool begins_with_any(const char *text, const char *const *beginnings)
{
    for (; *beginnings; beginnings++)
        if (begins_with(text, *beginnings))
            return true;
    return false;
}

static bool is_neighbour(const struct dylib *library, const void *base)
{
#if defined(__linux__)
    for (size_t i = 0; i < DYLIB_NEIGHBOURS && library->neighbours[i]; i++) {
        struct link_map *map = NULL;
        if (dlinfo(library->neighbours[i], RTLD_DI_LINKMAP, &map) == 0 && map &&
            (const void *)map->l_addr == base)
            return true;
    }
#else
    (void)library, (void)base;
#endif
    return false;
}

static bool is_library(const struct dylib *library, const void *base)
{
#if defined(__APPLE__)
    Dl_info info;
    void *function = dylib_symbol(library, "retro_run");
    return function && dladdr(function, &info) && info.dli_fbase == base;
#else
    return library->handle && (const void *)library->base == base;
#endif
}

static enum owner owner_of(const struct dylib *library, const void *code, Dl_info *info)
{
    static const char *const of_libc[] = {"libc.",      "libc-",     "ld-", "libpthread", "librt",
                                          "libsystem_", "libSystem", "ld.", NULL};
    static const char *const without_locks[] = {"libm.",  "libm-",    "libmvec", "libstdc++",
                                                "libc++", "libgcc_s", "libz.",   NULL};
    static const char *const ours[] = {"_core.", "_batch.", "callbacks.", NULL};
    memset(info, 0, sizeof *info);
    if (!dladdr(code, info) || !info->dli_fname)
        return NOBODYS;
    const char *name = base_name(info->dli_fname);
    if (is_library(library, info->dli_fbase) || is_neighbour(library, info->dli_fbase))
        return OF_THE_CORE;
    if (begins_with_any(name, ours))
        return OURS;
    if (begins_with_any(name, of_libc))
        return OF_LIBC;
    return begins_with_any(name, without_locks) ? WITHOUT_LOCKS : SOMEBODY_ELSES;
}

/* ---- what may be left ----------------------------------------------------------------------- */

/* Functions of the C library that lock nothing which outlives the core, by their beginnings. The
 * best versions of memcpy and its like for this processor have no names. */
static bool is_computing(const char *name)
{
    static const char *const computing[] = {"mem",
                                            "__mem",
                                            "str",
                                            "__str",
                                            "wcs",
                                            "wmem",
                                            "bcmp",
                                            "bcopy",
                                            "bzero",
                                            "__bzero",
                                            "snprintf",
                                            "vsnprintf",
                                            "sprintf",
                                            "vsprintf",
                                            "__snprintf",
                                            "__vsnprintf",
                                            "__sprintf",
                                            "__vsprintf",
                                            "sscanf",
                                            "vsscanf",
                                            "__isoc",
                                            "ato",
                                            "is",
                                            "to",
                                            "qsort",
                                            "bsearch",
                                            "abs",
                                            "labs",
                                            "div",
                                            "ldiv",
                                            "setjmp",
                                            "_setjmp",
                                            "longjmp",
                                            "_longjmp",
                                            "__longjmp",
                                            "__sigsetjmp",
                                            "__chk_",
                                            "__fortify",
                                            "__stack_chk",
                                            "abort",
                                            "__assert",
                                            "raise",
                                            "pthread_kill",
                                            "pthread_self",
                                            "gettimeofday",
                                            "clock_gettime",
                                            "time",
                                            "_platform_",
                                            NULL};
    static const char *const allocating[] = {"strdup", "__strdup", "strndup",  "__strndup",
                                             "wcsdup", "memalign", "strerror", NULL};
    return !name || (begins_with_any(name, computing) && !begins_with_any(name, allocating));
}

/* These wait for others, and hold nothing of the process while they do. */
static bool is_waiting(const char *name)
{
    static const char *const waiting[] = {"pthread_cond",
                                          "__pthread_cond",
                                          "pthread_join",
                                          "pthread_timedjoin",
                                          "pthread_mutex",
                                          "pthread_rwlock",
                                          "___pthread",
                                          "sem_",
                                          "nanosleep",
                                          "clock_nanosleep",
                                          "__clock_nanosleep",
                                          "__nanosleep",
                                          "usleep",
                                          "sleep",
                                          "poll",
                                          "ppoll",
                                          "select",
                                          "pselect",
                                          "read",
                                          "write",
                                          "recv",
                                          "accept",
                                          "epoll_",
                                          "syscall",
                                          "sched_yield",
                                          "pause",
                                          "sigwait",
                                          "sigsuspend",
                                          "thrd_",
                                          "cnd_",
                                          "mtx_",
                                          "pthread_barrier",
                                          "pthread_spin",
                                          "__futex",
                                          "__psynch",
                                          "__semwait",
                                          "ioctl",
                                          "flock",
                                          "fcntl",
                                          "lockf",
                                          NULL};
    return name && begins_with_any(name, waiting);
}

static bool is_allocating(const char *name)
{
    static const char *const allocating[] = {"malloc",
                                             "calloc",
                                             "realloc",
                                             "free",
                                             "cfree",
                                             "memalign",
                                             "pvalloc",
                                             "valloc",
                                             "__libc_malloc",
                                             "__libc_free",
                                             "__libc_calloc",
                                             "__libc_realloc",
                                             "aligned_alloc",
                                             "posix_memalign",
                                             "reallocarray",
                                             "malloc_trim",
                                             NULL};
    return name && begins_with_any(name, allocating);
}

struct look {
    struct fault *fault;
    const struct dylib *library;
    enum fault_kind kind;
    bool begun, found;
    int locks;
    bool in_libc;   /* the frame before this one was there, */
    char entry[64]; /* in this function, which has a name or none */
    bool entry_has_name;
};

static void object(struct look *look, const char *format, const char *what)
{
    if (!look->fault->obstacle[0])
        snprintf(look->fault->obstacle, sizeof look->fault->obstacle, format, what);
}

/* The library's functions call each other by names that are theirs alone, so only the one that was
 * called from outside of it is judged. */
static void leave_libc(struct look *look)
{
    if (!look->in_libc)
        return;
    look->in_libc = false;
    const char *name = look->entry_has_name ? look->entry : NULL;
    if (!is_computing(name) && !(look->kind == FAULT_BETWEEN_WAITING && is_waiting(name)))
        object(look, "it was inside of %s, which may have locked what others use", name);
}

static void visit_libc(struct look *look, const Dl_info *info)
{
    look->in_libc = true;
    look->entry_has_name = info->dli_sname != NULL;
    snprintf(look->entry, sizeof look->entry, "%s", info->dli_sname ? info->dli_sname : "");
    if (is_allocating(info->dli_sname))
        object(look, "it was inside of %s, and all of the process takes its memory from there",
               begins_with(info->dli_sname, "__libc_") ? info->dli_sname + strlen("__libc_")
                                                       : info->dli_sname);
}

static bool visit_code(struct look *look, uintptr_t code)
{
    Dl_info info;
    const enum owner owner = owner_of(look->library, (const void *)code, &info);
    if (owner != OF_LIBC)
        leave_libc(look);
    switch (owner) {
    case OF_THE_CORE:
        look->fault->offset = code - (uintptr_t)info.dli_fbase;
        look->found = true;
        return true;
    case NOBODYS: /* what the core has compiled by itself, or a call that led nowhere */
        look->found = true;
        return true;
    case OURS:
        if (look->locks)
            object(look, "%s was inside of a callback that held a lock", "it");
        break;
    case OF_LIBC:
        visit_libc(look, &info);
        break;
    case SOMEBODY_ELSES:
        object(look, "it was inside of %s, a library that others may use",
               base_name(info.dli_fname));
        break;
    case WITHOUT_LOCKS:
        break;
    }
    return false;
}

static _Unwind_Reason_Code visit_frame(struct _Unwind_Context *context, void *argument)
{
    struct look *look = argument;
    int before_instruction = 0;
    uintptr_t code = _Unwind_GetIPInfo(context, &before_instruction);
    if (!look->begun) {
        look->begun = code == look->fault->instruction;
        if (!look->begun)
            return _URC_NO_REASON;
        before_instruction = 1;
    }
    if (!before_instruction && code)
        code--; /* of the call that will come back to here */
    return visit_code(look, code) ? _URC_END_OF_STACK : _URC_NO_REASON;
}

#if (defined(__linux__) && (defined(__x86_64__) || defined(__i386__) || defined(__aarch64__))) ||  \
    (defined(__APPLE__) && (defined(__x86_64__) || defined(__aarch64__)))
enum { KNOWS_INSTRUCTION = 1 };
#else
enum { KNOWS_INSTRUCTION = 0 };
#endif

static uintptr_t instruction_of(const void *context)
{
#if defined(__linux__) && defined(__x86_64__)
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
#elif defined(__linux__) && defined(__i386__)
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_EIP];
#elif defined(__linux__) && defined(__aarch64__)
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.pc;
#elif defined(__APPLE__) && defined(__x86_64__)
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext->__ss.__rip;
#elif defined(__APPLE__) && defined(__aarch64__)
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext->__ss.__pc;
#else
    (void)context;
    return 0;
#endif
}

static void name_place(struct fault *fault, const struct dylib *library)
{
    Dl_info info;
    const enum owner owner = owner_of(library, (const void *)fault->instruction, &info);
    if (owner == NOBODYS)
        snprintf(fault->place, sizeof fault->place, "code that is of no library");
    else if (info.dli_sname)
        snprintf(fault->place, sizeof fault->place, "%s", info.dli_sname);
    else if (owner == OF_THE_CORE)
        fault->place[0] = 0; /* the offset says it */
    else
        snprintf(fault->place, sizeof fault->place, "%s", base_name(info.dli_fname));
}

void fault_look(struct fault *fault, const struct dylib *library, int locks_before, int number,
                uintptr_t address, const void *context, enum fault_kind kind)
{
    memset(fault, 0, sizeof *fault);
    fault->number = number;
    fault->address = address;
    fault->instruction = instruction_of(context);
    struct look look;
    memset(&look, 0, sizeof look);
    look.fault = fault;
    look.library = library;
    look.kind = kind;
    look.locks = platform_locks_held - locks_before;
    name_place(fault, library);
    if (!KNOWS_INSTRUCTION) {
        object(&look, "%s", "this system does not say where it happened");
        return;
    }
    if (visit_code(&look, fault->instruction))
        return;
    look.in_libc = false;
    _Unwind_Backtrace(visit_frame, &look);
    if (!look.found)
        object(&look, "it was inside of %s, and who called that is not known",
               fault->place[0] ? fault->place : "other code");
}

static const char *name_of_signal(int number)
{
    switch (number) {
    case SIGSEGV:
        return "SIGSEGV";
    case SIGBUS:
        return "SIGBUS";
    case SIGFPE:
        return "SIGFPE";
    case SIGILL:
        return "SIGILL";
    case SIGTRAP:
        return "SIGTRAP";
    case SIGABRT:
        return "SIGABRT";
    case SIGSYS:
        return "SIGSYS";
    default:
        return "a signal";
    }
}

void fault_describe(const struct fault *fault, char *message, size_t size)
{
    char address[64] = "", offset[64] = "";
    if (fault->number == SIGSEGV || fault->number == SIGBUS)
        snprintf(address, sizeof address, " at address 0x%llx", (unsigned long long)fault->address);
    if (fault->offset)
        snprintf(offset, sizeof offset, "%sthe core's code at 0x%llx", fault->place[0] ? ", " : "",
                 (unsigned long long)fault->offset);
    snprintf(message, size, "%s%s, in %s%s", name_of_signal(fault->number), address, fault->place,
             offset);
}

/* ---- stacks for handlers -------------------------------------------------------------------- */

enum { HANDLER_STACK = 256 << 10, HANDLER_STACK_LEAST = 32 << 10 };

static pthread_key_t stack_key;
static pthread_once_t stack_once = PTHREAD_ONCE_INIT;

static void give_back_stack(void *memory)
{
    stack_t present;
    const stack_t none = {.ss_flags = SS_DISABLE, .ss_size = HANDLER_STACK};
    if (sigaltstack(NULL, &present) == 0 && present.ss_sp == memory &&
        !(present.ss_flags & SS_DISABLE))
        sigaltstack(&none, NULL);
    munmap(memory, HANDLER_STACK);
}

static void make_stack_key(void)
{
    pthread_key_create(&stack_key, give_back_stack);
}

static void make_ready(void)
{
    stack_t present;
    if (sigaltstack(NULL, &present) != 0 ||
        (!(present.ss_flags & SS_DISABLE) && present.ss_size >= HANDLER_STACK_LEAST))
        return;
    pthread_once(&stack_once, make_stack_key);
    void *memory =
        mmap(NULL, HANDLER_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return;
    const stack_t stack = {.ss_sp = memory, .ss_size = HANDLER_STACK};
    if (sigaltstack(&stack, NULL) != 0 || pthread_setspecific(stack_key, memory) != 0)
        give_back_stack(memory);
}

void fault_ready_thread(void)
{
    static __thread bool ready;
    if (ready)
        return;
    ready = true;
    make_ready();
}

#endif
