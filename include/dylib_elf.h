/* dylib.h for ELF systems.
 *
 * The dynamic linker knows a library by its file, so an instance of its own needs a file of its
 * own: an anonymous one in memory (memfd). Whole copies would cost the library's size each time -
 * 82 MB for the largest core - so this one is mostly hole. It holds what the linker itself reads
 * and the few pages it writes; code, constants and untouched variables are mapped from the original
 * file as soon as the linker is done, and what is left of the copy is given back. The million
 * relocations that only add the load address are applied here, straight onto those pages. So an
 * instance costs the pages it changes.
 *
 * As with every library a process uses, the original may be replaced (rename, unlink) but must
 * not be rewritten in place while it is open. */
#ifndef PYLIBRETRO_DYLIB_ELF_H
#define PYLIBRETRO_DYLIB_ELF_H

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "dylib_kind.h"
#include "elf_image.h"

#define DYLIB_NEIGHBOURS 16

struct dylib {
    void *handle;
    int file; /* the copy; open as long as the library, see dylib_close */
    uintptr_t base;
    size_t page;
    bool deferred; /* constructors and destructors are ours to call */
    bool started;
    struct elf_table relocations, imports, symbols, strings, constructors, destructors;
    size_t relative_count;
    uintptr_t constructor, destructor;
    uintptr_t relro_start, relro_end;
    void *neighbours[DYLIB_NEIGHBOURS]; /* libraries found through $ORIGIN */
};

struct dylib_text {
    char *bytes;
    size_t size;
};

#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
static inline void
dylib_say(struct dylib_text text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text.bytes, text.size, format, arguments);
    va_end(arguments);
}

#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
static inline void
dylib_append(struct dylib_text *text, const char *format, ...)
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

/* One opening in progress. */
struct dylib_opening {
    struct dylib *dylib;
    const char *path;
    struct dylib_text message;
    int source;
    struct elf_image image;
    bool sparse;
    unsigned char *copied; /* per page of the file: whether the copy holds it */
    char name[512];        /* what the linker is told to open */
    char directory[512];   /* to be removed again; "" for an anonymous copy */
};

static inline ElfW(Addr) dylib_page_down(const struct dylib_opening *opening, ElfW(Addr) address)
{
    return address & ~(ElfW(Addr))(opening->image.page - 1);
}

static inline ElfW(Addr) dylib_page_up(const struct dylib_opening *opening, ElfW(Addr) address)
{
    return dylib_page_down(opening, address + opening->image.page - 1);
}

/* Which pages the copy must hold */

static inline void dylib_keep_bytes(struct dylib_opening *opening, const void *bytes, size_t size)
{
    const size_t page = opening->image.page;
    const size_t offset = (size_t)((const unsigned char *)bytes - opening->image.bytes);
    if (bytes && size)
        memset(opening->copied + offset / page, 1, (offset + size - 1) / page - offset / page + 1);
}

static inline void dylib_keep(struct dylib_opening *opening, ElfW(Addr) address, size_t size)
{
    dylib_keep_bytes(opening, elf_at(&opening->image, address, size), size);
}

static inline void dylib_keep_targets(struct dylib_opening *opening, const struct elf_table *table,
                                      size_t first)
{
    const elf_relocation *relocations = elf_table_at(&opening->image, table);
    for (size_t i = first; i < table->size / sizeof *relocations; i++) {
        /* Each byte for itself: a target may straddle the end of what the file holds. */
        for (size_t j = 0; j < sizeof(ElfW(Addr)); j++)
            dylib_keep(opening, relocations[i].r_offset + j, 1);
    }
    if (table->size > first * sizeof *relocations)
        dylib_keep(opening, table->address + first * sizeof *relocations,
                   table->size - first * sizeof *relocations);
}

static inline void dylib_plan(struct dylib_opening *opening)
{
    struct elf_image *image = &opening->image;
    opening->sparse = !elf_needs_whole_copy(image);
    if (!opening->sparse) {
        dylib_keep_bytes(opening, image->bytes, image->loaded_end);
        dylib_keep_bytes(opening, image->segments, image->segment_count * sizeof(ElfW(Phdr)));
        return;
    }
    dylib_keep_bytes(opening, image->bytes, sizeof(ElfW(Ehdr)));
    dylib_keep_bytes(opening, image->segments, image->segment_count * sizeof(ElfW(Phdr)));
    const struct elf_table *tables[] = {
        &image->strings, &image->symbols,       &image->versions,           &image->gnu_hash,
        &image->hash,    &image->version_needs, &image->version_definitions};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        dylib_keep_bytes(opening, elf_table_at(image, tables[i]), tables[i]->size);
    dylib_keep_targets(opening, &image->relocations, image->relative_count);
    dylib_keep_targets(opening, &image->imports, 0);
    for (size_t i = 0; i < image->segment_count; i++) {
        const ElfW(Phdr) *segment = &image->segments[i];
        if (segment->p_type == PT_DYNAMIC || segment->p_type == PT_NOTE ||
            segment->p_type == PT_GNU_PROPERTY)
            dylib_keep(opening, segment->p_vaddr, segment->p_filesz);
        /* The linker clears what follows the last variable that has a value. */
        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) && segment->p_filesz)
            dylib_keep(opening, segment->p_vaddr + segment->p_filesz - 1, 1);
    }
}

/* Making the copy */

static inline bool dylib_write(int file, const void *bytes, size_t size, size_t offset)
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
static inline bool dylib_write_dynamic(const struct dylib_opening *opening, int file)
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
#ifdef ELF_ADDENDS_IN_PLACE
        case DT_RELSZ:
#else
        case DT_RELASZ:
#endif
            entry.d_un.d_val -= hidden * sizeof(elf_relocation);
            break;
#ifdef ELF_ADDENDS_IN_PLACE
        case DT_RELCOUNT:
#else
        case DT_RELACOUNT:
#endif
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
        if (!dylib_write(file, &entry, sizeof entry,
                         image->dynamic_segment->p_offset + i * sizeof entry))
            return false;
    }
    return true;
}

/* C++ makes variables of templates "unique": one for the whole process, shared by all copies, and
 * pinning the first copy in memory for ever. Weak is what they are elsewhere. */
static inline bool dylib_make_unique_weak(const struct elf_image *image, int file, uintptr_t base)
{
    const ElfW(Sym) *symbols = elf_table_at(image, &image->symbols);
    for (size_t i = 0; i < image->symbols.size / sizeof *symbols; i++) {
        if (symbols[i].st_info >> 4 != STB_GNU_UNIQUE)
            continue;
        const unsigned char weak = (unsigned char)(STB_WEAK << 4 | (symbols[i].st_info & 15));
        if (base)
            ((ElfW(Sym) *)(base + image->symbols.address))[i].st_info = weak;
        else if (!dylib_write(file, &weak, 1,
                              (size_t)((const unsigned char *)&symbols[i].st_info - image->bytes)))
            return false;
    }
    return true;
}

static inline bool dylib_fill_copy(const struct dylib_opening *opening, int file)
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
        if (opening->copied[from] && !dylib_write(file, image->bytes + start, end - start, start))
            return false;
    }
    for (size_t i = 0; i < image->segment_count; i++) {
        ElfW(Phdr) segment = image->segments[i];
        /* Assembly files that forgot to say otherwise ask for executable stacks: new C libraries
         * refuse that, and old ones make every stack of the process executable. */
        if (segment.p_type != PT_GNU_STACK)
            continue;
        segment.p_flags &= ~(ElfW(Word))PF_X;
        if (!dylib_write(file, &segment, sizeof segment,
                         (size_t)((const unsigned char *)&image->segments[i] - image->bytes)))
            return false;
    }
    return dylib_write_dynamic(opening, file) &&
           (!image->has_unique_symbols || dylib_make_unique_weak(image, file, 0));
}

/* Places for the copy, the best first. Each returns an open file or -1. */

static inline int dylib_memory_file(void)
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

static inline const char *dylib_temporary_directory(unsigned number)
{
    const char *chosen = getenv("TMPDIR");
    const char *const places[] = {chosen && *chosen ? chosen : "/tmp", "/tmp", "/dev/shm",
                                  "/var/tmp", "."};
    return number < sizeof places / sizeof *places ? places[number] : NULL;
}

static inline int dylib_nameless_file(const char *directory)
{
#ifdef O_TMPFILE
    return open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0700);
#else
    (void)directory;
    errno = ENOSYS;
    return -1;
#endif
}

static inline int dylib_named_file(struct dylib_opening *opening, const char *directory)
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

static inline void dylib_remove_name(struct dylib_opening *opening)
{
    if (!opening->directory[0])
        return;
    unlink(opening->name);
    rmdir(opening->directory);
    opening->directory[0] = '\0';
}

/* What the linker said, with the user's path where ours stood. */
static inline void dylib_quote(const struct dylib_opening *opening, const char *said)
{
    struct dylib_text out = opening->message;
    const size_t length = strlen(opening->name);
    if (strncmp(said, opening->name, length) != 0)
        dylib_append(&out, "%s: ", opening->path);
    while (*said) {
        const char *ours = strstr(said, opening->name);
        if (ours && ours[length] >= '0' && ours[length] <= '9')
            ours = NULL;
        dylib_append(&out, "%.*s%s", ours ? (int)(ours - said) : (int)strlen(said), said,
                     ours ? opening->path : "");
        said = ours ? ours + length : "";
    }
}

static inline bool dylib_place_refused(const char *said)
{
    return strstr(said, "failed to map segment") || strstr(said, "Permission denied") ||
           strstr(said, "Operation not permitted");
}

static inline int dylib_judge(const char *said)
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
static inline bool dylib_try_copy(struct dylib_opening *opening, int file, int *result)
{
    struct dylib *library = opening->dylib;
    if (file < 0) {
        dylib_say(opening->message, "%s: could not make a private copy: %s", opening->path,
                  strerror(errno));
        dylib_remove_name(opening);
        *result = DYLIB_SYSTEM;
        return false;
    }
    if (!opening->directory[0])
        snprintf(opening->name, sizeof opening->name, "/proc/self/fd/%d", file);
    bool settled = false;
    if (!dylib_fill_copy(opening, file)) {
        dylib_say(opening->message, "%s: could not make a private copy: %s", opening->path,
                  strerror(errno));
        *result = DYLIB_SYSTEM;
    } else if (!opening->directory[0] && access(opening->name, R_OK) != 0) {
        dylib_say(opening->message, "%s: /proc is not mounted", opening->path);
        *result = DYLIB_SYSTEM;
    } else {
        library->handle = dlopen(opening->name, RTLD_NOW | RTLD_LOCAL);
        if (library->handle) {
            library->file = file;
            *result = DYLIB_OK;
            dylib_remove_name(opening);
            return true;
        }
        const char *said = dlerror();
        said = said ? said : "the dynamic linker gave no reason";
        dylib_quote(opening, said);
        *result = dylib_judge(said);
        settled = !dylib_place_refused(said);
    }
    dylib_remove_name(opening);
    close(file);
    return settled;
}

static inline int dylib_open_copy(struct dylib_opening *opening)
{
    int result = DYLIB_SYSTEM;
    if (dylib_try_copy(opening, dylib_memory_file(), &result))
        return result;
    const char *directory;
    for (unsigned i = 0; (directory = dylib_temporary_directory(i)) != NULL; i++)
        if (dylib_try_copy(opening, dylib_nameless_file(directory), &result))
            return result;
    for (unsigned i = 0; (directory = dylib_temporary_directory(i)) != NULL; i++)
        if (dylib_try_copy(opening, dylib_named_file(opening, directory), &result))
            return result;
    return result;
}

/* The linker would look for $ORIGIN beside the copy. Libraries that are already loaded it finds by
 * their DT_SONAME, so those beside the original are loaded first. */
static inline void dylib_open_neighbours(struct dylib_opening *opening)
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

static inline void dylib_release(struct dylib *library)
{
    for (size_t i = DYLIB_NEIGHBOURS; i-- > 0;)
        if (library->neighbours[i])
            dlclose(library->neighbours[i]);
    memset(library->neighbours, 0, sizeof library->neighbours);
}

/* Putting the original's pages in place of the copy's */

static inline bool dylib_map_original(const struct dylib_opening *opening,
                                      const ElfW(Phdr) * segment, ElfW(Addr) from, ElfW(Addr) to)
{
    const int protection = (segment->p_flags & PF_R ? PROT_READ : 0) |
                           (segment->p_flags & PF_W ? PROT_WRITE : 0) |
                           (segment->p_flags & PF_X ? PROT_EXEC : 0);
    void *place = (void *)(opening->dylib->base + from);
    const off_t offset = (off_t)(segment->p_offset + from - segment->p_vaddr);
    return from >= to || mmap(place, to - from, protection, MAP_PRIVATE | MAP_FIXED,
                              opening->source, offset) == place;
}

static inline bool dylib_map_writable(const struct dylib_opening *opening,
                                      const ElfW(Phdr) * segment)
{
    const size_t page = opening->image.page;
    const ElfW(Addr) start = dylib_page_down(opening, segment->p_vaddr);
    const unsigned char *copied =
        opening->copied + dylib_page_down(opening, segment->p_offset) / page;
    const size_t pages =
        (dylib_page_up(opening, segment->p_vaddr + segment->p_filesz) - start) / page;
    if (!segment->p_filesz)
        return true;
    for (size_t from = 0, to; from < pages; from = to) {
        for (to = from; to < pages && copied[to] == copied[from]; to++)
            ;
        if (!copied[from]) {
            if (!dylib_map_original(opening, segment, start + from * page, start + to * page))
                return false;
            continue;
        }
        /* Writing a page to itself detaches it from the copy. */
        for (size_t i = from; i < to; i++) {
            volatile char *byte = (volatile char *)(opening->dylib->base + start + i * page);
            *byte = *byte;
        }
    }
    return true;
}

static inline bool dylib_protect(uintptr_t start, uintptr_t end, int protection)
{
    return start >= end || mprotect((void *)start, end - start, protection) == 0;
}

static inline const char *dylib_apply_relative(const struct dylib_opening *opening)
{
    const struct elf_image *image = &opening->image;
    const uintptr_t base = opening->dylib->base;
    const elf_relocation *relocations = elf_table_at(image, &image->relocations);
    ElfW(Addr) start = 1, end = 0;
    for (size_t i = 0; i < image->relative_count; i++) {
        const ElfW(Addr) target = relocations[i].r_offset;
        ELF_REQUIRE(ELF_TYPE(&relocations[i]) == ELF_RELATIVE, "its relocations are not in order");
        if (target < start || target > end) {
            start = 1;
            end = 0;
            for (size_t j = 0; j < image->segment_count; j++) {
                const ElfW(Phdr) *segment = &image->segments[j];
                if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) &&
                    segment->p_memsz >= sizeof target && target >= segment->p_vaddr &&
                    target - segment->p_vaddr <= segment->p_memsz - sizeof target) {
                    start = segment->p_vaddr;
                    end = segment->p_vaddr + segment->p_memsz - sizeof target;
                }
            }
            ELF_REQUIRE(start <= end, "a relocation lies outside its writable segments");
        }
#ifdef ELF_ADDENDS_IN_PLACE
        ElfW(Addr) value;
        memcpy(&value, (const void *)(base + target), sizeof value);
        value += base;
#else
        const ElfW(Addr) value = base + (ElfW(Addr))relocations[i].r_addend;
#endif
        memcpy((void *)(base + target), &value, sizeof value);
    }
    return NULL;
}

/* The packed form: an address, then bitmaps of which of the words behind it are meant, too. */
static inline const char *dylib_apply_relative_bits(const struct dylib_opening *opening)
{
    const struct elf_image *image = &opening->image;
    const uintptr_t base = opening->dylib->base;
    const ElfW(Addr) *words = elf_table_at(image, &image->relative_bits);
    const size_t word_size = sizeof *words;
    ElfW(Addr) at = 0;
    for (size_t i = 0; i < image->relative_bits.size / word_size; i++) {
        const bool bitmap = words[i] & 1;
        ElfW(Addr) bits = bitmap ? words[i] >> 1 : 1;
        if (!bitmap)
            at = words[i];
        for (size_t j = 0; bits; j++, bits >>= 1) {
            const ElfW(Addr) target = at + j * word_size;
            if (!(bits & 1))
                continue;
            ELF_REQUIRE(target % word_size == 0 && elf_in_segment(image, target, word_size, PF_W),
                        "a relocation lies outside its writable segments");
            *(ElfW(Addr) *)(base + target) += base;
        }
        at += (bitmap ? 8 * word_size - 1 : 1) * word_size;
    }
    return NULL;
}

static inline const char *dylib_check_functions(const struct dylib_opening *opening,
                                                const struct elf_table *table)
{
    const struct dylib *library = opening->dylib;
    for (size_t i = 0; i < table->size / sizeof(uintptr_t); i++) {
        const uintptr_t function = ((uintptr_t *)(library->base + table->address))[i];
        ELF_REQUIRE(
            function == 0 || function == UINTPTR_MAX ||
                elf_in_segment(&opening->image, (ElfW(Addr))(function - library->base), 1, PF_X),
            "one of its constructors lies outside its code");
    }
    return NULL;
}

static inline int dylib_settle(struct dylib_opening *opening)
{
    struct dylib *library = opening->dylib;
    const struct elf_image *image = &opening->image;
    const char *wrong = NULL;
    bool done = true;
    if (opening->sparse)
        done = dylib_protect(library->relro_start, library->relro_end, PROT_READ | PROT_WRITE);
    for (size_t i = 0; i < image->segment_count && done; i++) {
        const ElfW(Phdr) *segment = &image->segments[i];
        if (segment->p_type != PT_LOAD)
            continue;
        if (segment->p_flags & PF_W)
            done = !opening->sparse || dylib_map_writable(opening, segment);
        else if (!image->writes_text && !image->shares_pages && !image->unusual)
            done = dylib_map_original(opening, segment, dylib_page_down(opening, segment->p_vaddr),
                                      dylib_page_up(opening, segment->p_vaddr + segment->p_filesz));
    }
    if (done && opening->sparse) {
        wrong = dylib_apply_relative(opening);
        if (!wrong)
            wrong = dylib_apply_relative_bits(opening);
    }
    if (done && image->has_unique_symbols) {
        const ElfW(Addr) first = image->symbols.address;
        const uintptr_t start = library->base + dylib_page_down(opening, first);
        const uintptr_t end = library->base + dylib_page_up(opening, first + image->symbols.size);
        const bool code = elf_in_segment(image, first, image->symbols.size, PF_X);
        done = dylib_protect(start, end, PROT_READ | PROT_WRITE) &&
               dylib_make_unique_weak(image, -1, library->base) &&
               dylib_protect(start, end, PROT_READ | (code ? PROT_EXEC : 0));
    }
    if (done && opening->sparse)
        done = dylib_protect(library->relro_start, library->relro_end, PROT_READ);
    if (done && !wrong)
        wrong = dylib_check_functions(opening, &image->constructors);
    if (done && !wrong)
        wrong = dylib_check_functions(opening, &image->destructors);
    if (done && !wrong)
        return DYLIB_OK;
    if (wrong)
        dylib_say(opening->message, "%s is damaged: %s", opening->path, wrong);
    else
        dylib_say(opening->message, "%s: could not map it: %s", opening->path, strerror(errno));
    return wrong ? DYLIB_NOT_A_LIBRARY : DYLIB_SYSTEM;
}

#ifdef __linux__
/* Gives back the pages of the copy that no mapping shows any more. */
static inline void dylib_shrink_copy(const struct dylib_opening *opening)
{
    const struct elf_image *image = &opening->image;
    const int keep_size = 1, punch_hole = 2;
    if (image->writes_text || image->shares_pages || image->unusual)
        return;
    if (opening->sparse) {
        fallocate(opening->dylib->file, punch_hole | keep_size, 0, (off_t)image->size);
        return;
    }
    for (size_t i = 0; i < image->segment_count; i++) {
        const ElfW(Phdr) *segment = &image->segments[i];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W))
            continue;
        const off_t start = (off_t)dylib_page_up(opening, segment->p_offset);
        const off_t end = (off_t)dylib_page_down(opening, segment->p_offset + segment->p_filesz);
        if (start < end)
            fallocate(opening->dylib->file, punch_hole | keep_size, start, end - start);
    }
}
#else
static inline void dylib_shrink_copy(const struct dylib_opening *opening)
{
    (void)opening;
}
#endif

static inline int dylib_link_image(struct dylib_opening *opening)
{
    struct dylib *library = opening->dylib;
    const struct elf_image *image = &opening->image;
    dylib_plan(opening);
    dylib_open_neighbours(opening);
    int result = dylib_open_copy(opening);
    if (result != DYLIB_OK) {
        dylib_release(library);
        return result;
    }
    struct link_map *map = NULL;
    if (dlinfo(library->handle, RTLD_DI_LINKMAP, &map) != 0 || !map) {
        dylib_say(opening->message, "%s: the dynamic linker does not say where it is",
                  opening->path);
        result = DYLIB_SYSTEM;
    } else {
        library->base = (uintptr_t)map->l_addr;
        library->page = image->page;
        library->deferred = true;
        library->relocations = image->relocations;
        library->imports = image->imports;
        library->relative_count = image->relative_count;
        library->symbols = image->symbols;
        library->strings = image->strings;
        library->constructors = image->constructors;
        library->destructors = image->destructors;
        library->constructor = image->constructor;
        library->destructor = image->destructor;
        if (image->relro) {
            const ElfW(Addr) end = image->relro->p_vaddr + image->relro->p_memsz;
            library->relro_start = library->base + dylib_page_down(opening, image->relro->p_vaddr);
            library->relro_end = library->base + dylib_page_down(opening, end);
        }
        result = dylib_settle(opening);
    }
    if (result == DYLIB_OK) {
        dylib_shrink_copy(opening);
        return DYLIB_OK;
    }
    dlclose(library->handle);
    close(library->file);
    dylib_release(library);
    return result;
}

static inline int dylib_check_kind(const struct dylib_opening *opening, const unsigned char *bytes,
                                   size_t size)
{
    char found[256];
    const enum dylib_kind kind = dylib_kind_of(bytes, size, found, sizeof found);
    if (kind == DYLIB_KIND_NONE) {
        dylib_say(opening->message, "%s is not a library for " DYLIB_PLATFORM ": found %s",
                  opening->path, found);
        return DYLIB_NOT_A_LIBRARY;
    }
    bool fits = kind == DYLIB_KIND_ELF;
    if (fits && size < sizeof(ElfW(Ehdr))) {
        dylib_say(opening->message, "%s is truncated: found %s", opening->path, found);
        return DYLIB_NOT_A_LIBRARY;
    }
    if (fits) {
        const union {
            uint16_t number;
            unsigned char low;
        } order = {1};
        const bool same_order = bytes[EI_DATA] == (order.low ? ELFDATA2LSB : ELFDATA2MSB);
        fits = bytes[EI_CLASS] == ELF_CLASS && same_order;
#ifdef ELF_MACHINE
        fits = fits && ((const ElfW(Ehdr) *)(const void *)bytes)->e_machine == ELF_MACHINE;
#endif
    }
    if (!fits)
        dylib_say(opening->message,
                  "%s is for another system: found %s, this process is " DYLIB_PLATFORM " (%d-bit)",
                  opening->path, found, (int)sizeof(void *) * 8);
    return fits ? DYLIB_OK : DYLIB_WRONG_ARCHITECTURE;
}

static inline int dylib_link_bytes(struct dylib_opening *opening, const unsigned char *bytes,
                                   size_t size)
{
    const int result = dylib_check_kind(opening, bytes, size);
    if (result != DYLIB_OK)
        return result;
    const char *wrong = elf_image_read(&opening->image, bytes, size, (size_t)sysconf(_SC_PAGESIZE));
    if (wrong) {
        dylib_say(opening->message, "%s is not a usable library: %s", opening->path, wrong);
        return DYLIB_NOT_A_LIBRARY;
    }
    opening->copied = calloc(size / opening->image.page + 1, 1);
    if (!opening->copied) {
        dylib_say(opening->message, "%s: out of memory", opening->path);
        return DYLIB_SYSTEM;
    }
    const int linked = dylib_link_image(opening);
    free(opening->copied);
    return linked;
}

static inline int dylib_link_file(struct dylib_opening *opening)
{
    struct stat status;
    if (fstat(opening->source, &status) != 0) {
        dylib_say(opening->message, "%s: %s", opening->path, strerror(errno));
        return DYLIB_SYSTEM;
    }
    if (!S_ISREG(status.st_mode)) {
        dylib_say(opening->message, "%s is not a library: found %s", opening->path,
                  S_ISDIR(status.st_mode) ? "a directory" : "no regular file");
        return DYLIB_NOT_A_LIBRARY;
    }
    if (status.st_size == 0)
        return dylib_check_kind(opening, NULL, 0);
    const size_t size = (size_t)status.st_size;
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, opening->source, 0);
    if (bytes == MAP_FAILED) {
        dylib_say(opening->message, "%s: could not read it: %s", opening->path, strerror(errno));
        return DYLIB_SYSTEM;
    }
    const int result = dylib_link_bytes(opening, bytes, size);
    munmap(bytes, size);
    return result;
}

static inline int dylib_link(struct dylib *library, const char *utf8_path, char *message,
                             size_t message_size)
{
    memset(library, 0, sizeof *library);
    library->file = -1;
    struct dylib_opening opening;
    memset(&opening, 0, sizeof opening);
    opening.dylib = library;
    opening.path = utf8_path;
    opening.message.bytes = message;
    opening.message.size = message_size;
    /* Without waiting, in case it is a pipe. */
    opening.source = open(utf8_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (opening.source < 0) {
        const bool missing = errno == ENOENT || errno == ENOTDIR;
        dylib_say(opening.message, "%s: %s", utf8_path, strerror(errno));
        return missing ? DYLIB_MISSING : DYLIB_SYSTEM;
    }
    const int result = dylib_link_file(&opening);
    close(opening.source);
    return result;
}

extern char **environ;

static inline void dylib_start(struct dylib *library)
{
    static char program[] = "libretro";
    static char *arguments[] = {program, NULL};
    typedef void (*function)(int, char **, char **);
    if (!library->deferred || library->started)
        return;
    library->started = true;
    if (library->constructor)
        ((function)(library->base + library->constructor))(1, arguments, environ);
    const uintptr_t *list = (const uintptr_t *)(library->base + library->constructors.address);
    for (size_t i = 0; i < library->constructors.size / sizeof *list; i++)
        if (list[i] && list[i] != UINTPTR_MAX)
            ((function)list[i])(1, arguments, environ);
}

static inline void dylib_finish(struct dylib *library)
{
    typedef void (*function)(void);
    if (!library->started)
        return;
    library->started = false;
    const uintptr_t *list = (const uintptr_t *)(library->base + library->destructors.address);
    for (size_t i = library->destructors.size / sizeof *list; i-- > 0;)
        if (list[i] && list[i] != UINTPTR_MAX)
            ((function)list[i])();
    if (library->destructor)
        ((function)(library->base + library->destructor))();
}

static inline void *dylib_symbol(const struct dylib *library, const char *name)
{
    return library->handle ? dlsym(library->handle, name) : NULL;
}

/* Calls of what the library imports go through words that the linker filled with addresses. */
static inline int dylib_visit_imports(const struct dylib *library, const char *name,
                                      void *replacement)
{
    const ElfW(Sym) *symbols = (const ElfW(Sym) *)(library->base + library->symbols.address);
    const char *strings = (const char *)(library->base + library->strings.address);
    const struct elf_table *tables[] = {&library->relocations, &library->imports};
    int count = 0;
    for (size_t i = 0; i < 2; i++) {
        const elf_relocation *relocations =
            (const elf_relocation *)(library->base + tables[i]->address);
        for (size_t j = i == 0 ? library->relative_count : 0;
             j < tables[i]->size / sizeof *relocations; j++) {
            const unsigned type = ELF_TYPE(&relocations[j]);
            const ElfW(Sym) *symbol = &symbols[ELF_SYMBOL(&relocations[j])];
            if (!ELF_IMPORTS(type) || symbol->st_shndx != SHN_UNDEF ||
                strcmp(strings + symbol->st_name, name) != 0)
                continue;
            count++;
            if (!replacement)
                continue;
            const uintptr_t slot = library->base + relocations[j].r_offset;
            const uintptr_t start = slot & ~(uintptr_t)(library->page - 1);
            const uintptr_t end = (slot + sizeof slot - 1) | (uintptr_t)(library->page - 1);
            const bool locked =
                slot + sizeof slot > library->relro_start && slot < library->relro_end;
            if (locked && !dylib_protect(start, end + 1, PROT_READ | PROT_WRITE)) {
                count--;
                continue;
            }
            *(void **)slot = replacement;
            if (locked)
                dylib_protect(start, end + 1, PROT_READ);
        }
    }
    return count;
}

static inline int dylib_replace_import(struct dylib *library, const char *name, void *replacement)
{
    return library->handle && replacement ? dylib_visit_imports(library, name, replacement) : 0;
}

static inline bool dylib_imports(const struct dylib *library, const char *name)
{
    return library->handle && dylib_visit_imports(library, name, NULL) > 0;
}

static inline int dylib_find_base(struct dl_phdr_info *info, size_t size, void *base)
{
    (void)size;
    return (uintptr_t)info->dlpi_addr == *(const uintptr_t *)base;
}

static inline int dylib_close(struct dylib *library)
{
    if (!library->handle)
        return DYLIB_OK;
    dylib_finish(library);
    dlclose(library->handle);
    library->handle = NULL;
    dylib_release(library);
    const bool stays = dl_iterate_phdr(dylib_find_base, &library->base) != 0;
    /* While the library is there, glibc knows it as /proc/self/fd/N: were N free to be used again,
     * the next copy would be taken for this one. musl, where all stay, goes by the inode. */
#ifdef __GLIBC__
    if (!stays)
#endif
        close(library->file);
    library->file = -1;
    return stays ? DYLIB_STAYS : DYLIB_OK;
}

static inline void dylib_abandon(struct dylib *library)
{
    library->handle = NULL;
    library->file = -1;
}

#endif
