/* What a core prints belongs into its log: the standard streams are the program's. */

#include "own_libc.h"

#include "frontend.h"
#include "platform.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#ifndef _WIN32
#include <unistd.h>
#endif

/* Pieces become lines; what is left when a call ends is a line, too. The core's memory is read
 * before the lock is taken, for it may not be there. */
enum { PIECE = 256 };

static void lock_line(struct own_line *line)
{
    while (platform_atomic_exchange(&line->lock, 1))
        platform_pause();
}

void own_output_end_line(struct frontend *frontend)
{
    struct own_line *line = &frontend->line;
    char text[sizeof line->text];
    lock_line(line);
    const int length = (int)line->length;
    memcpy(text, line->text, line->length);
    line->length = 0;
    line->printed += length != 0;
    platform_atomic_store(&line->lock, 0);
    if (length)
        frontend_note(frontend, RETRO_LOG_INFO, "%.*s", length, text);
}

static void say_piece(struct frontend *frontend, const char *piece, size_t length)
{
    struct own_line *line = &frontend->line;
    for (size_t done = 0; done < length;) {
        lock_line(line);
        size_t count = 0;
        while (done + count < length && piece[done + count] != '\n' &&
               line->length + count < sizeof line->text)
            count++;
        memcpy(line->text + line->length, piece + done, count);
        line->length += count;
        const bool is_complete = done + count < length;
        done += count;
        if (done < length && piece[done] == '\n')
            done++;
        platform_atomic_store(&line->lock, 0);
        if (is_complete)
            own_output_end_line(frontend);
    }
}

static void say(struct frontend *frontend, const char *text, size_t length)
{
    char piece[PIECE];
    for (size_t done = 0; done < length; done += PIECE) {
        const size_t count = length - done < PIECE ? length - done : PIECE;
        memcpy(piece, text + done, count);
        say_piece(frontend, piece, count);
    }
}

static struct frontend *speaker(const FILE *stream)
{
    return stream == stdout || stream == stderr ? own_libc_current() : NULL;
}

static int say_formatted(struct frontend *frontend, const char *format, va_list arguments)
{
    char text[1024];
    const int length = vsnprintf(text, sizeof text, format, arguments);
    if (length > 0)
        say(frontend, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
    return length;
}

static int current_vfprintf(FILE *stream, const char *format, va_list arguments)
{
    struct frontend *frontend = speaker(stream);
    return frontend ? say_formatted(frontend, format, arguments)
                    : vfprintf(stream, format, arguments);
}

static int current_fprintf(FILE *stream, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int result = current_vfprintf(stream, format, arguments);
    va_end(arguments);
    return result;
}

static int current_fprintf_chk(FILE *stream, int flag, const char *format, ...)
{
    va_list arguments;
    (void)flag;
    va_start(arguments, format);
    const int result = current_vfprintf(stream, format, arguments);
    va_end(arguments);
    return result;
}

static int current_vfprintf_chk(FILE *stream, int flag, const char *format, va_list arguments)
{
    (void)flag;
    return current_vfprintf(stream, format, arguments);
}

static int current_vprintf(const char *format, va_list arguments)
{
    return current_vfprintf(stdout, format, arguments);
}

static int current_vprintf_chk(int flag, const char *format, va_list arguments)
{
    (void)flag;
    return current_vfprintf(stdout, format, arguments);
}

static int current_printf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int result = current_vfprintf(stdout, format, arguments);
    va_end(arguments);
    return result;
}

static int current_printf_chk(int flag, const char *format, ...)
{
    va_list arguments;
    (void)flag;
    va_start(arguments, format);
    const int result = current_vfprintf(stdout, format, arguments);
    va_end(arguments);
    return result;
}

static int current_fputs(const char *text, FILE *stream)
{
    struct frontend *frontend = speaker(stream);
    if (!frontend)
        return fputs(text, stream);
    say(frontend, text, strlen(text));
    return 1;
}

static int current_puts(const char *text)
{
    struct frontend *frontend = own_libc_current();
    if (!frontend)
        return puts(text);
    say(frontend, text ? text : "(null)", text ? strlen(text) : strlen("(null)"));
    say(frontend, "\n", 1);
    return 1;
}

static int current_fputc(int character, FILE *stream)
{
    struct frontend *frontend = speaker(stream);
    const char byte = (char)character;
    if (!frontend)
        return fputc(character, stream);
    say(frontend, &byte, 1);
    return (unsigned char)character;
}

static int current_putchar(int character)
{
    return current_fputc(character, stdout);
}

static size_t current_fwrite(const void *data, size_t size, size_t count, FILE *stream)
{
    struct frontend *frontend = speaker(stream);
    if (!frontend)
        return fwrite(data, size, count, stream);
    say(frontend, data, size * count);
    return count;
}

static void current_perror(const char *text)
{
    struct frontend *frontend = own_libc_current();
    const int error = errno;
    if (!frontend) {
        perror(text);
        return;
    }
    if (text && *text) {
        say(frontend, text, strlen(text));
        say(frontend, ": ", 2);
    }
    say(frontend, strerror(error), strlen(strerror(error)));
    say(frontend, "\n", 1);
}

#ifndef _WIN32
static ssize_t current_write(int descriptor, const void *data, size_t size)
{
    struct frontend *frontend = own_libc_current();
    if (!frontend || (descriptor != STDOUT_FILENO && descriptor != STDERR_FILENO))
        return write(descriptor, data, size);
    say(frontend, data, size);
    return (ssize_t)size;
}
#endif

void own_output_isolate(struct dylib *library)
{
#define REPLACE(name) dylib_replace_import(library, #name, (void *)current_##name)
#define REPLACE_AS(name, other) dylib_replace_import(library, #name, (void *)current_##other)
    REPLACE(printf);
    REPLACE(vprintf);
    REPLACE(fprintf);
    REPLACE(vfprintf);
    REPLACE_AS(__printf_chk, printf_chk);
    REPLACE_AS(__vprintf_chk, vprintf_chk);
    REPLACE_AS(__fprintf_chk, fprintf_chk);
    REPLACE_AS(__vfprintf_chk, vfprintf_chk);
    REPLACE(puts);
    REPLACE(fputs);
    REPLACE(putchar);
    REPLACE(fputc);
    REPLACE_AS(putc, fputc);
    REPLACE_AS(_IO_putc, fputc);
    REPLACE(fwrite);
    REPLACE(perror);
#ifndef _WIN32
    REPLACE(write);
    REPLACE_AS(fputs_unlocked, fputs);
    REPLACE_AS(fwrite_unlocked, fwrite);
#endif
#undef REPLACE
#undef REPLACE_AS
}
