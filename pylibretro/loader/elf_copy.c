/* The private copy of an ELF library: which of its pages it holds, and where it is put. */

#include "elf_opening.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
static void
append(struct elf_text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(text->bytes, text->size, format, arguments);
    va_end(arguments);
    if (length > 0) {
        const size_t written = (size_t)length < text->size ? (size_t)length : text->size;
        text->bytes += written;
        text->size -= written;
    }
}

/* Which pages the copy must hold */

static void keep_bytes(struct elf_opening *opening, const void *bytes, size_t size)
{
    const size_t page = opening->image.page;
    const size_t offset = (size_t)((const unsigned char *)bytes - opening->image.bytes);
    if (bytes && size)
        memset(opening->copied + offset / page, 1, (offset + size - 1) / page - offset / page + 1);
}

static void keep(struct elf_opening *opening, ElfW(Addr) address, size_t size)
{
    keep_bytes(opening, elf_at(&opening->image, address, size), size);
}

static void keep_targets(struct elf_opening *opening, const struct elf_table *table, size_t first)
{
    const elf_relocation *relocations = elf_table_at(&opening->image, table);
    for (size_t i = first; i < table->size / sizeof *relocations; i++) {
        /* Each byte for itself: a target may straddle the end of what the file holds. */
        for (size_t j = 0; j < sizeof(ElfW(Addr)); j++)
            keep(opening, relocations[i].r_offset + j, 1);
    }
    if (table->size > first * sizeof *relocations)
        keep(opening, table->address + first * sizeof *relocations,
             table->size - first * sizeof *relocations);
}

void elf_plan_copy(struct elf_opening *opening)
{
    struct elf_image *image = &opening->image;
    opening->sparse = !elf_needs_whole_copy(image);
    if (!opening->sparse) {
        keep_bytes(opening, image->bytes, image->loaded_end);
        keep_bytes(opening, image->segments, image->segment_count * sizeof(ElfW(Phdr)));
        return;
    }
    keep_bytes(opening, image->bytes, sizeof(ElfW(Ehdr)));
    keep_bytes(opening, image->segments, image->segment_count * sizeof(ElfW(Phdr)));
    const struct elf_table *tables[] = {
        &image->strings, &image->symbols,       &image->versions,           &image->gnu_hash,
        &image->hash,    &image->version_needs, &image->version_definitions};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        keep_bytes(opening, elf_table_at(image, tables[i]), tables[i]->size);
    keep_targets(opening, &image->relocations, image->relative_count);
    keep_targets(opening, &image->imports, 0);
    for (size_t i = 0; i < image->segment_count; i++) {
        const ElfW(Phdr) *segment = &image->segments[i];
        if (segment->p_type == PT_DYNAMIC || segment->p_type == PT_NOTE ||
            segment->p_type == PT_GNU_PROPERTY)
            keep(opening, segment->p_vaddr, segment->p_filesz);
        /* The linker clears what follows the last variable that has a value. */
        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) && segment->p_filesz)
            keep(opening, segment->p_vaddr + segment->p_filesz - 1, 1);
    }
}

/* Making the copy */

bool elf_write_all(int file, const void *bytes, size_t size, size_t offset)
{
    const char *from = bytes;
    while (size) {
        const ssize_t written = pwrite(file, from, size, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        from += written;
        offset += (size_t)written;
        size -= (size_t)written;
    }
    return true;
}

/* A dynamic section that leaves constructors and destructors to us, hides the relocations we
 * apply, and allows the library to be private and to be unloaded. */
static bool write_dynamic(const struct elf_opening *opening, int file)
{
    const ElfW(Sxword) ignored = 0x60000001; /* a tag nobody defined */
    const struct elf_image *image = &opening->image;
    const size_t hidden = opening->sparse ? image->relative_count : 0;
    for (size_t i = 0; i < image->dynamic_count; i++) {
        ElfW(Dyn) entry = elf_dynamic(image)[i];
        switch (entry.d_tag) {
        case DT_INIT:
        case DT_FINI:
        case DT_INIT_ARRAY:
        case DT_FINI_ARRAY:
        case DT_INIT_ARRAYSZ:
        case DT_FINI_ARRAYSZ:
            entry.d_tag = (int)ignored;
            break;
        case ELF_TABLE_TAG:
            entry.d_un.d_ptr += hidden * sizeof(elf_relocation);
            break;
        case ELF_TABLE_SIZE_TAG:
            entry.d_un.d_val -= hidden * sizeof(elf_relocation);
            break;
        case ELF_TABLE_COUNT_TAG:
            entry.d_un.d_val -= hidden;
            break;
        case DT_RELR:
        case DT_RELRSZ:
        case DT_RELRENT:
            if (opening->sparse)
                entry.d_tag = (int)ignored;
            break;
        case DT_FLAGS_1:
            entry.d_un.d_val &= ~(ElfW(Addr))(DF_1_NODELETE | DF_1_GLOBAL | DF_1_NOOPEN);
            break;
        default:
            continue;
        }
        if (!elf_write_all(file, &entry, sizeof entry,
                           image->dynamic_segment->p_offset + i * sizeof entry))
            return false;
    }
    return true;
}

bool elf_make_unique_weak(const struct elf_image *image, int file, uintptr_t base)
{
    const ElfW(Sym) *symbols = elf_table_at(image, &image->symbols);
    for (size_t i = 0; i < image->symbols.size / sizeof *symbols; i++) {
        if (symbols[i].st_info >> 4 != STB_GNU_UNIQUE)
            continue;
        const unsigned char weak = (unsigned char)(STB_WEAK << 4 | (symbols[i].st_info & 15));
        if (base)
            ((ElfW(Sym) *)(base + image->symbols.address))[i].st_info = weak;
        else if (!elf_write_all(
                     file, &weak, 1,
                     (size_t)((const unsigned char *)&symbols[i].st_info - image->bytes)))
            return false;
    }
    return true;
}

/* New C libraries refuse libraries that want executable stacks, and old ones make every stack of
 * the process executable: the copy wants none, whatever the original says, or forgets to say. */
static bool refuse_executable_stacks(const struct elf_image *image, int file)
{
    const ElfW(Phdr) *place = image->stack;
    for (size_t i = 0; i < image->segment_count && !place; i++)
        if (image->segments[i].p_type == PT_NULL || image->segments[i].p_type == PT_NOTE)
            place = &image->segments[i];
    if (!place)
        return true;
    ElfW(Phdr) stack = *place;
    stack.p_type = PT_GNU_STACK;
    stack.p_flags = PF_R | PF_W;
    if (place != image->stack)
        stack.p_memsz = 0;
    return elf_write_all(file, &stack, sizeof stack,
                         (size_t)((const unsigned char *)place - image->bytes));
}

static bool fill_copy(const struct elf_opening *opening, int file)
{
    const struct elf_image *image = &opening->image;
    const size_t pages = (image->size + image->page - 1) / image->page;
    if (ftruncate(file, (off_t)image->size) != 0)
        return false;
    for (size_t from = 0, to; from < pages; from = to) {
        for (to = from; to < pages && opening->copied[to] == opening->copied[from]; to++)
            ;
        const size_t start = from * image->page;
        const size_t end = to * image->page < image->size ? to * image->page : image->size;
        if (opening->copied[from] && !elf_write_all(file, image->bytes + start, end - start, start))
            return false;
    }
    if (opening->detours && !elf_make_room_for_detours(opening, file))
        return false;
    return refuse_executable_stacks(image, file) && write_dynamic(opening, file) &&
           (!image->has_unique_symbols || elf_make_unique_weak(image, file, 0));
}

/* Places for the copy, the best first. Each returns an open file or -1. */

static int memory_file(void)
{
#ifdef __linux__
    const unsigned close_on_exec = 1, executable = 16;
#ifdef SYS_memfd_create
    const long number = SYS_memfd_create;
#elif defined(__x86_64__)
    const long number = 319;
#elif defined(__i386__)
    const long number = 356;
#elif defined(__arm__)
    const long number = 385;
#else
    const long number = 279;
#endif
    int file = (int)syscall(number, "libretro-core", close_on_exec | executable);
    if (file < 0 && errno == EINVAL)
        file = (int)syscall(number, "libretro-core", close_on_exec);
    return file;
#else
    errno = ENOSYS;
    return -1;
#endif
}

static const char *temporary_directory(unsigned number)
{
    const char *chosen = getenv("TMPDIR");
    const char *const places[] = {chosen && *chosen ? chosen : "/tmp", "/tmp", "/dev/shm",
                                  "/var/tmp", "."};
    return number < sizeof places / sizeof *places ? places[number] : NULL;
}

static int nameless_file(const char *directory)
{
#ifdef O_TMPFILE
    return open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0700);
#else
    (void)directory;
    errno = ENOSYS;
    return -1;
#endif
}

int elf_file_without_name(void)
{
    int file = memory_file();
    const char *directory;
    for (unsigned i = 0; file < 0 && (directory = temporary_directory(i)) != NULL; i++)
        file = nameless_file(directory);
    return file;
}

static int named_file(struct elf_opening *opening, const char *directory)
{
    const int length = snprintf(opening->directory, sizeof opening->directory,
                                "%s/libretro-core-XXXXXX", directory);
    if (length < 0 || length > 500 || !mkdtemp(opening->directory)) {
        opening->directory[0] = '\0';
        return -1;
    }
    snprintf(opening->name, sizeof opening->name, "%.500s/core.so", opening->directory);
    return open(opening->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
}

static void remove_name(struct elf_opening *opening)
{
    if (!opening->directory[0])
        return;
    unlink(opening->name);
    rmdir(opening->directory);
    opening->directory[0] = '\0';
}

/* Adds "/." and "/" to a path, which change nothing, for the ones and zeros of a number. */
static char *spell(char *end, uint64_t number)
{
    for (; number; number >>= 1)
        end = stpcpy(end, number & 1 ? "/." : "/");
    return end;
}

/* glibc knows a library by the path that it opened, and N of /proc/self/fd/N is used again as soon
 * as the copy is closed. So no two copies that are there at one time spell it in the same way. */
static bool name_file(struct elf_opening *opening)
{
    struct stat status;
    if (fstat(opening->file, &status) != 0)
        return false;
    char *end = spell(stpcpy(opening->name, "/proc"), status.st_dev);
    end = spell(stpcpy(end, "/self/fd"), status.st_ino);
    sprintf(end, "/%d", opening->file);
    return true;
}

/* What the linker said, with the user's path where ours stood. */
static void quote(const struct elf_opening *opening, const char *said)
{
    struct elf_text out = opening->message;
    const size_t length = strlen(opening->name);
    if (strncmp(said, opening->name, length) != 0)
        append(&out, "%s: ", opening->path);
    while (*said) {
        const char *ours = strstr(said, opening->name);
        if (ours && ours[length] >= '0' && ours[length] <= '9')
            ours = NULL;
        append(&out, "%.*s%s", ours ? (int)(ours - said) : (int)strlen(said), said,
               ours ? opening->path : "");
        said = ours ? ours + length : "";
    }
}

static void explain_static_tls(const struct elf_opening *opening)
{
    const size_t bytes = opening->image.tls ? (size_t)opening->image.tls->p_memsz : 0;
    elf_say(opening->message,
            "%s: there is no room left for its %zu bytes of thread-local variables, which have to "
            "be in the C library's static block (initial-exec TLS), as do those of each other copy "
            "of it; the block gets more room only when a process starts: start this one with "
            "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=%zu for 100 copies",
            opening->path, bytes, (100 * bytes + 4095) / 4096 * 4096);
}

static bool place_refused(const char *said)
{
    return strstr(said, "failed to map segment") || strstr(said, "Permission denied") ||
           strstr(said, "Operation not permitted");
}

static int judge(const char *said)
{
    if (strstr(said, "cannot allocate memory") || strstr(said, "Cannot allocate memory") ||
        strstr(said, "failed to map segment") || strstr(said, "Permission denied"))
        return DYLIB_SYSTEM;
    if (strstr(said, "position-independent executable") || strstr(said, "invalid ELF header") ||
        strstr(said, "ELF load command") || strstr(said, "object file has no"))
        return DYLIB_NOT_A_LIBRARY;
    return DYLIB_DEPENDENCY;
}

/* Fills `file` and has the linker open it. True when it did, or when no other place would help. */
static bool try_copy(struct elf_opening *opening, int file, int *result)
{
    struct dylib *library = opening->dylib;
    if (file < 0) {
        elf_say(opening->message,
                "%s: could not make a private copy: %s; set TMPDIR to a directory in which files "
                "can be written and executed",
                opening->path, strerror(errno));
        remove_name(opening);
        *result = DYLIB_SYSTEM;
        return false;
    }
    opening->file = file;
    bool settled = false;
    if ((!opening->directory[0] && !name_file(opening)) || !fill_copy(opening, file)) {
        elf_say(opening->message, "%s: could not make a private copy: %s", opening->path,
                strerror(errno));
        *result = DYLIB_SYSTEM;
    } else if (!opening->directory[0] && access(opening->name, R_OK) != 0) {
        elf_say(opening->message, "%s: /proc is not mounted", opening->path);
        *result = DYLIB_SYSTEM;
    } else {
        library->handle = dlopen(opening->name, RTLD_NOW | RTLD_LOCAL);
        if (library->handle) {
            *result = DYLIB_OK;
            remove_name(opening);
            return true;
        }
        const char *said = dlerror();
        said = said ? said : "the dynamic linker gave no reason";
        if (strstr(said, "static TLS block"))
            explain_static_tls(opening);
        else
            quote(opening, said);
        *result = judge(said);
        settled = !place_refused(said);
    }
    remove_name(opening);
    close(file);
    return settled;
}

int elf_open_copy(struct elf_opening *opening)
{
    int result = DYLIB_SYSTEM;
    if (try_copy(opening, memory_file(), &result))
        return result;
    const char *directory;
    for (unsigned i = 0; (directory = temporary_directory(i)) != NULL; i++)
        if (try_copy(opening, nameless_file(directory), &result))
            return result;
    for (unsigned i = 0; (directory = temporary_directory(i)) != NULL; i++)
        if (try_copy(opening, named_file(opening, directory), &result))
            return result;
    return result;
}

/* Libraries beside the original */

void elf_open_neighbours(struct elf_opening *opening)
{
    const struct elf_image *image = &opening->image;
    if (!image->search_path)
        return;
    char directory[4096];
    const char *slash = strrchr(opening->path, '/');
    snprintf(directory, sizeof directory, "%.*s", slash ? (int)(slash - opening->path) : 1,
             slash ? opening->path : ".");
    size_t found = 0;
    for (size_t i = 0; i < image->dynamic_count && found < DYLIB_NEIGHBOURS; i++) {
        const ElfW(Dyn) *entry = &elf_dynamic(image)[i];
        if (entry->d_tag != DT_NEEDED)
            continue;
        const char *needed = elf_string(image, entry->d_un.d_val);
        const char *paths = elf_string(image, image->search_path);
        while (*paths && !strchr(needed, '/')) {
            const size_t length = strcspn(paths, ":");
            size_t skip = strncmp(paths, "$ORIGIN", 7) == 0     ? 7
                          : strncmp(paths, "${ORIGIN}", 9) == 0 ? 9
                                                                : 0;
            char candidate[8192];
            if (skip && skip <= length) {
                snprintf(candidate, sizeof candidate, "%s%.*s/%s", directory, (int)(length - skip),
                         paths + skip, needed);
                void *handle = dlopen(candidate, RTLD_NOW | RTLD_LOCAL);
                if (handle) {
                    opening->dylib->neighbours[found++] = handle;
                    break;
                }
            }
            paths += length + (paths[length] == ':');
        }
    }
}

void elf_close_neighbours(struct dylib *library)
{
    for (size_t i = DYLIB_NEIGHBOURS; i-- > 0;)
        if (library->neighbours[i])
            dlclose(library->neighbours[i]);
    memset(library->neighbours, 0, sizeof library->neighbours);
}

#ifdef __linux__
void elf_shrink_copy(const struct elf_opening *opening)
{
    const struct elf_image *image = &opening->image;
    const int keep_size = 1, punch_hole = 2;
    if (image->writes_text || image->shares_pages || image->unusual)
        return;
    if (opening->sparse) {
        fallocate(opening->file, punch_hole | keep_size, 0, (off_t)image->size);
        return;
    }
    for (size_t i = 0; i < image->segment_count; i++) {
        const ElfW(Phdr) *segment = &image->segments[i];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W))
            continue;
        const off_t start = (off_t)elf_page_up(opening, segment->p_offset);
        const off_t end = (off_t)elf_page_down(opening, segment->p_offset + segment->p_filesz);
        if (start < end)
            fallocate(opening->file, punch_hole | keep_size, start, end - start);
    }
}
#else
void elf_shrink_copy(const struct elf_opening *opening)
{
    (void)opening;
}
#endif
