/* Has functions and variables that the process has, too, under the same names, and notes whose it
 * gets: called, through a table, through pointers; and what dladdr says of its own code. */
#define _GNU_SOURCE 1
#define CORE_NAME "own names"
#define OWN_retro_run
#include "core.h"
#include <dlfcn.h>

const char *Py_GetVersion(void);
unsigned long crc32(unsigned long crc, const unsigned char *bytes, unsigned length);
int Py_IsInitialized(void);
extern int Py_VerboseFlag;

int Py_VerboseFlag = 77;

const char *Py_GetVersion(void)
{
    return "the core's";
}

int Py_IsInitialized(void)
{
    return 77;
}

unsigned long crc32(unsigned long crc, const unsigned char *bytes, unsigned length)
{
    return bytes ? crc + length : 4711;
}

static const char *(*const table[])(void) = {Py_GetVersion};
static int *const variables[] = {&Py_VerboseFlag};

void retro_run(void)
{
    frame_number++;
    if (frame_number == 1) {
        Dl_info info = {0};
        note("called=%s", Py_GetVersion());
        note("in a table=%s", table[0]());
        note("number=%d", Py_IsInitialized());
        note("variable=%d", Py_VerboseFlag);
        note("variable in a table=%d", *variables[0]);
        note("crc32=%lu", crc32(1, (const unsigned char *)"abc", 3));
        dladdr((void *)retro_run, &info);
        note("file=%s", info.dli_fname);
        note("base=%d", info.dli_fbase != NULL);
        dladdr((void *)environment, &info);
        note("frontend=%s", info.dli_fname);
    }
    show_frame_number();
}
