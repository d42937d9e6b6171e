/* Reaches for what belongs to the whole process, in its first frame, and notes what it is told.
 * Content "later" lets it do so in the second; a second word of the content names what to leave. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#define CORE_NAME "process"
#define OWN_retro_run
#define OWN_retro_init
#define OWN_retro_deinit
#include "core.h"

#include <cerrno>
#include <cfenv>
#include <cstdlib>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

struct Goodbye {
    std::string text;
    ~Goodbye()
    {
        if (!text.empty() && log_printf)
            log_printf(RETRO_LOG_INFO, "%s\n", text.c_str());
    }
};

static thread_local unsigned counter = 7;
static thread_local Goodbye goodbye;
static pthread_key_t key;

static void at_exit(void)
{
    if (log_printf)
        log_printf(RETRO_LOG_INFO, "atexit was called\n");
}

static void refused(const char *name, long result)
{
    note("%s=%ld %s", name, result, result == -1 ? strerror(errno) : "");
}

static void ask_for_processes(void)
{
    char shell[] = "/bin/true";
    char *arguments[] = {shell, nullptr};
    refused("fork", fork());
    refused("vfork", fork());
    refused("execv", execv(shell, arguments));
    refused("system", system("true"));
    FILE *pipe = popen("true", "r");
    refused("popen", pipe ? 0 : -1);
    refused("waitpid", waitpid(-1, nullptr, WNOHANG));
    refused("kill", kill(getppid(), SIGTERM));
    refused("kill 0", kill(getpid(), 0));
    refused("raise SIGCHLD", raise(SIGCHLD));
    refused("setsid", setsid());
    note("alarm=%u", alarm(1));
    struct itimerval timer = {{0, 0}, {0, 1000}};
    refused("setitimer", setitimer(ITIMER_REAL, &timer, nullptr));
}

static void change_limits(void)
{
    struct rlimit limit = {16, 16};
    refused("setrlimit", setrlimit(RLIMIT_NOFILE, &limit));
    refused("nice", nice(5));
    cpu_set_t processors;
    CPU_ZERO(&processors);
    CPU_SET(0, &processors);
    refused("sched_setaffinity", sched_setaffinity(0, sizeof processors, &processors));
}

static void change_places(void)
{
    char path[4096];
    note("umask before=%o", umask(077));
    note("umask after=%o", umask(077));
    refused("mkdir", mkdir("/tmp/pylibretro-scratch-process", 0777));
    refused("chdir", chdir("/tmp/pylibretro-scratch-process"));
    note("cwd=%s", getcwd(path, sizeof path) ? path : "?");
    FILE *file = fopen("here.txt", "w");
    refused("fopen", file ? 0 : -1);
    if (file) {
        fputs("text", file);
        fclose(file);
    }
    struct stat status;
    refused("stat", stat("here.txt", &status));
    refused("access", access("here.txt", R_OK));
    refused("unlink", unlink("here.txt"));
    refused("rmdir", rmdir("/tmp/pylibretro-scratch-process"));
}

static void change_environment(void)
{
    static char text[] = "PUT_BY_A_CORE=put";
    putenv(text);
    setenv("SET_BY_A_CORE", "set", 1);
    unsetenv("PATH");
    note("put=%s", text_or_null(getenv("PUT_BY_A_CORE")));
    note("set=%s", text_or_null(getenv("SET_BY_A_CORE")));
    note("path=%s", text_or_null(getenv("PATH")));
    note("home=%s", getenv("HOME") ? "there" : "gone");
    clearenv();
    note("cleared=%s", getenv("HOME") ? "there" : "gone");
    setenv("SET_BY_A_CORE", "again", 1);
    note("again=%s", text_or_null(getenv("SET_BY_A_CORE")));
}

static void close_everything(void)
{
    int closed = 0, own = open("/dev/null", O_RDONLY);
    int ends[2];
    refused("own close", close(own));
    refused("pipe", pipe(ends));
    refused("own close", close(ends[0]) | close(ends[1]));
    refused("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    refused("own close", close(ends[0]) | close(ends[1]));
    for (int descriptor = 0; descriptor < 256; descriptor++)
        closed += close(descriptor) == 0;
    note("closed=%d", closed);
    refused("dup2", dup2(0, 2));
    refused("fclose", fclose(stdout));
    note("freopen=%s", freopen("/dev/null", "w", stdout) ? "done" : "refused");
    note("opened=%s", open("/dev/null", O_RDONLY) >= 0 ? "left open" : "?");
}

static void speak(void)
{
    fprintf(stderr, "said %s\n", "by fprintf");
    fputs("said by fputs\n", stderr);
    fputs("said in ", stdout);
    fputs("two pieces\n", stdout);
    fwrite("said by fwrite\n", 1, 15, stderr);
    const ssize_t written = write(2, "said by write\n", 14);
    note("write=%ld", (long)written);
    perror("said by perror");
}

static void *live_for_ever(void *argument)
{
    for (;;)
        usleep(1000);
    return argument;
}

static volatile bool stop_sleeping;

static void *live_for_a_while(void *argument)
{
    while (!stop_sleeping)
        usleep(1000);
    usleep(300000);
    return argument;
}

void retro_init(void)
{
    get_log_interface();
    set_pixel_format(RETRO_PIXEL_FORMAT_XRGB8888);
    pthread_key_create(&key, nullptr);
    pthread_setspecific(key, &key);
    counter = 100;
    fesetround(FE_DOWNWARD);
#if defined(__x86_64__)
    _mm_setcsr(_mm_getcsr() | 0x8040);
#endif
    atexit(at_exit);
}

void retro_deinit(void)
{
    stop_sleeping = true;
}

static bool is_mode(const char *mode)
{
    return content_size == strlen(mode) && memcmp(content, mode, content_size) == 0;
}

void retro_run(void)
{
    pthread_t thread;
    frame_number++;
    counter++;
    volatile float tiny = 1e-38f;
    tiny = tiny / 16;
    ram[0] = frame_number;
    ram[1] = counter;
    ram[2] = fegetround() == FE_DOWNWARD;
    ram[3] = tiny == 0;
    ram[4] = pthread_getspecific(key) == &key;
    goodbye.text = "thread_local says goodbye";
    if (frame_number == 1) {
        if (is_mode("processes"))
            ask_for_processes();
        if (is_mode("limits"))
            change_limits();
        if (is_mode("places"))
            change_places();
        if (is_mode("environment"))
            change_environment();
        if (is_mode("descriptors"))
            close_everything();
        if (is_mode("streams"))
            speak();
        if (is_mode("thread"))
            pthread_create(&thread, nullptr, live_for_ever, nullptr);
        if (is_mode("late thread"))
            pthread_create(&thread, nullptr, live_for_a_while, nullptr);
    }
    show_frame_number();
}
