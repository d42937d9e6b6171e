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
#include "elf_opening.h"
#include "file_kind.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

void elf_say(struct elf_text text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text.bytes, text.size, format, arguments);
    va_end(arguments);
}

/* The linker calls the copy by the place where it found it, which is gone as soon as it is open;
 * who asks whose code lies at an address gets this name. The original's path would do, but for the
 * next dlopen of it: that would get the copy. So it is spelled with a step that leads nowhere. */
static bool name_library(struct dylib *library, const char *path, struct link_map *map)
{
    char *absolute = realpath(path, NULL);
    const char *slash = absolute ? strrchr(absolute, '/') : NULL;
    char *name = slash ? malloc(strlen(absolute) + sizeof "/.") : NULL;
    library->path = strdup(path);
    if (name) {
        sprintf(name, "%.*s/.%s", (int)(slash - absolute), absolute, slash);
        library->link = map;
        library->linker_name = map->l_name;
        map->l_name = name;
    }
    free(absolute);
    return library->path && name;
}

/* The linker frees the name that it gave. */
static void unlink_library(struct dylib *library)
{
    struct link_map *map = library->link;
    char *name = NULL;
    if (map) {
        name = map->l_name;
        map->l_name = library->linker_name;
    }
    dlclose(library->handle);
    library->handle = NULL;
    free(name);
    free(library->path);
    library->path = NULL;
    library->link = NULL;
    elf_close_neighbours(library);
}

static int link_image(struct elf_opening *opening)
{
    struct dylib *library = opening->dylib;
    const struct elf_image *image = &opening->image;
    elf_plan_copy(opening);
    elf_open_neighbours(opening);
    int result = elf_open_copy(opening);
    if (result != DYLIB_OK) {
        elf_close_neighbours(library);
        return result;
    }
    struct link_map *map = NULL;
    if (dlinfo(library->handle, RTLD_DI_LINKMAP, &map) != 0 || !map) {
        elf_say(opening->message, "%s: the dynamic linker does not say where it is", opening->path);
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
            library->relro_start = library->base + elf_page_down(opening, image->relro->p_vaddr);
            library->relro_end = library->base + elf_page_down(opening, end);
        }
        result = elf_settle(opening);
    }
    if (result == DYLIB_OK && !name_library(library, opening->path, map)) {
        elf_say(opening->message, "%s: out of memory", opening->path);
        result = DYLIB_SYSTEM;
    }
    library->executable_stack = image->runs_on_stack;
    if (result == DYLIB_OK && !dylib_ready_thread(library)) {
        elf_say(opening->message,
                "%s has functions inside of functions, which run on an executable stack, and this "
                "system forbids them (%s); build the core with a compiler that needs none, such as "
                "clang or GCC with -ftrampoline-impl=heap",
                opening->path, strerror(errno));
        result = DYLIB_SYSTEM;
    }
    if (result == DYLIB_OK)
        elf_shrink_copy(opening);
    else
        unlink_library(library);
    close(opening->file);
    return result;
}

static int check_kind(const struct elf_opening *opening, const unsigned char *bytes, size_t size)
{
    char found[256];
    const enum file_kind kind = file_kind_of(bytes, size, found, sizeof found);
    if (kind == FILE_KIND_NONE) {
        elf_say(opening->message, "%s is not a library for " DYLIB_PLATFORM ": found %s",
                opening->path, found);
        return DYLIB_NOT_A_LIBRARY;
    }
    bool fits = kind == FILE_KIND_ELF;
    if (fits && size < sizeof(ElfW(Ehdr))) {
        elf_say(opening->message, "%s is truncated: found %s", opening->path, found);
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
        elf_say(opening->message,
                "%s is for another system: found %s, this process is " DYLIB_PLATFORM " (%d-bit)",
                opening->path, found, (int)sizeof(void *) * 8);
    return fits ? DYLIB_OK : DYLIB_WRONG_ARCHITECTURE;
}

static int link_bytes(struct elf_opening *opening, const unsigned char *bytes, size_t size)
{
    const int result = check_kind(opening, bytes, size);
    if (result != DYLIB_OK)
        return result;
    const char *wrong = elf_image_read(&opening->image, bytes, size, (size_t)sysconf(_SC_PAGESIZE));
    if (wrong) {
        elf_say(opening->message, "%s is not a usable library: %s", opening->path, wrong);
        return DYLIB_NOT_A_LIBRARY;
    }
    opening->copied = calloc(size / opening->image.page + 1, 1);
    if (!opening->copied) {
        elf_say(opening->message, "%s: out of memory", opening->path);
        return DYLIB_SYSTEM;
    }
    const int linked = link_image(opening);
    free(opening->copied);
    return linked;
}

static int link_file(struct elf_opening *opening)
{
    struct stat status;
    if (fstat(opening->source, &status) != 0) {
        elf_say(opening->message, "%s: %s", opening->path, strerror(errno));
        return DYLIB_SYSTEM;
    }
    if (!S_ISREG(status.st_mode)) {
        elf_say(opening->message, "%s is not a library: found %s", opening->path,
                S_ISDIR(status.st_mode) ? "a directory" : "no regular file");
        return DYLIB_NOT_A_LIBRARY;
    }
    if (status.st_size == 0)
        return check_kind(opening, NULL, 0);
    const size_t size = (size_t)status.st_size;
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, opening->source, 0);
    if (bytes == MAP_FAILED) {
        elf_say(opening->message, "%s: could not read it: %s", opening->path, strerror(errno));
        return DYLIB_SYSTEM;
    }
    const int result = link_bytes(opening, bytes, size);
    munmap(bytes, size);
    return result;
}

int dylib_link(struct dylib *library, const char *utf8_path, const struct detours *detours,
               char *message, size_t message_size)
{
    memset(library, 0, sizeof *library);
    struct elf_opening opening;
    memset(&opening, 0, sizeof opening);
    opening.dylib = library;
    opening.path = utf8_path;
    opening.detours = detours;
    opening.message.bytes = message;
    opening.message.size = message_size;
    /* Without waiting, in case it is a pipe. */
    opening.source = open(utf8_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (opening.source < 0) {
        const bool missing = errno == ENOENT || errno == ENOTDIR;
        elf_say(opening.message, "%s: %s", utf8_path, strerror(errno));
        return missing ? DYLIB_MISSING : DYLIB_SYSTEM;
    }
    int result = DYLIB_SYSTEM;
    if (detours && !elf_same_library(detours, opening.source))
        elf_say(opening.message, "%s: the file has changed since its code was read", utf8_path);
    else
        result = link_file(&opening);
    close(opening.source);
    return result;
}

extern char **environ;

void dylib_start(struct dylib *library)
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

static void finish(struct dylib *library)
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

const char *dylib_path_at(const struct dylib *library, const void *base)
{
    return library->handle && library->base == (uintptr_t)base ? library->path : NULL;
}

void *dylib_symbol(const struct dylib *library, const char *name)
{
    return library->handle ? dlsym(library->handle, name) : NULL;
}

/* Calls of what the library imports go through words that the linker filled with addresses. */
static bool replace_word(const struct dylib *library, uintptr_t word, void *replacement)
{
    const uintptr_t start = word & ~(uintptr_t)(library->page - 1);
    const uintptr_t end = (word + sizeof word - 1) | (uintptr_t)(library->page - 1);
    const bool locked = word + sizeof word > library->relro_start && word < library->relro_end;
    if (locked && !elf_protect(start, end + 1, PROT_READ | PROT_WRITE))
        return false;
    *(void **)word = replacement;
    if (locked)
        elf_protect(start, end + 1, PROT_READ);
    return true;
}

static int replace_calls(struct dylib *library, const char *name, void *replacement, bool own)
{
    if (!library->handle || !replacement)
        return 0;
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
            if (ELF_IMPORTS(type) && (own || symbol->st_shndx == SHN_UNDEF) &&
                strcmp(strings + symbol->st_name, name) == 0)
                count +=
                    replace_word(library, library->base + relocations[j].r_offset, replacement);
        }
    }
    return count;
}

int dylib_replace_import(struct dylib *library, const char *name, void *replacement)
{
    return replace_calls(library, name, replacement, false);
}

int dylib_replace_function(struct dylib *library, const char *name, void *replacement)
{
    return replace_calls(library, name, replacement, true);
}

static int find_base(struct dl_phdr_info *info, size_t size, void *base)
{
    (void)size;
    return (uintptr_t)info->dlpi_addr == *(const uintptr_t *)base;
}

int dylib_close(struct dylib *library)
{
    if (!library->handle)
        return DYLIB_OK;
    finish(library);
    unlink_library(library);
    const bool stays = dl_iterate_phdr(find_base, &library->base) != 0;
    return stays ? DYLIB_STAYS : DYLIB_OK;
}

void dylib_abandon(struct dylib *library)
{
    library->handle = NULL;
}

void dylib_discard(struct dylib *library)
{
    library->started = false;
    if (library->handle)
        unlink_library(library);
}

struct tls_search {
    uintptr_t base;
    struct dylib_tls *tls;
};

static int find_tls(struct dl_phdr_info *info, size_t size, void *argument)
{
    const struct tls_search *search = argument;
    if (size < offsetof(struct dl_phdr_info, dlpi_tls_data) ||
        (uintptr_t)info->dlpi_addr != search->base)
        return 0;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_TLS && info->dlpi_tls_modid) {
            search->tls->module = info->dlpi_tls_modid;
            search->tls->image = (const void *)(search->base + segment->p_vaddr);
            search->tls->image_size = segment->p_filesz;
            search->tls->size = segment->p_memsz;
            search->tls->alignment = segment->p_align;
            return 1;
        }
    }
    return 0;
}

bool dylib_tls(const struct dylib *library, struct dylib_tls *tls)
{
    struct tls_search search = {library->base, tls};
    return dl_iterate_phdr(find_tls, &search) != 0;
}
