/* detours.h for ELF systems: the file that holds changed pages and stubs, and its mappings. */

#include "elf_opening.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#if defined(__x86_64__) && defined(__LP64__)
#define MACHINE DETOUR_X86_64
#elif defined(__aarch64__) && defined(__LP64__)
#define MACHINE DETOUR_AARCH64
#endif

struct detours {
    struct stat library; /* which file they are for */
    int file;            /* the changed pages one after the other, and behind them the stubs */
    size_t page;
    size_t page_count;
    ElfW(Addr) * pages; /* their addresses in the library, ascending */
    ElfW(Addr) switches;
    ElfW(Addr) stubs;
    size_t stub_bytes; /* whole pages */
};

size_t detours_shared_bytes(const struct detours *detours)
{
    return detours->page_count * detours->page + detours->stub_bytes;
}

void detours_free(struct detours *detours)
{
    if (!detours)
        return;
    if (detours->file >= 0)
        close(detours->file);
    free(detours->pages);
    free(detours);
}

/* The last segment of a copy is made longer: behind the library's own variables are the switches,
 * and behind these whole pages that the stubs take the place of. */
static const ElfW(Phdr) * last_segment(const struct elf_image *image)
{
    const ElfW(Phdr) *last = NULL;
    for (size_t i = 0; i < image->segment_count; i++)
        if (image->segments[i].p_type == PT_LOAD &&
            (!last || image->segments[i].p_vaddr > last->p_vaddr))
            last = &image->segments[i];
    return last;
}

bool elf_same_library(const struct detours *detours, int file)
{
    struct stat now;
    const struct stat *then = &detours->library;
    return fstat(file, &now) == 0 && now.st_dev == then->st_dev && now.st_ino == then->st_ino &&
           now.st_size == then->st_size && now.st_mtim.tv_sec == then->st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == then->st_mtim.tv_nsec;
}

bool elf_make_room_for_detours(const struct elf_opening *opening, int file)
{
    const struct elf_image *image = &opening->image;
    const struct detours *detours = opening->detours;
    const ElfW(Phdr) *last = last_segment(image);
    ElfW(Phdr) longer = *last;
    longer.p_memsz = detours->stubs + detours->stub_bytes - last->p_vaddr;
    const off_t place = (off_t)((const unsigned char *)last - image->bytes);
    return pwrite(file, &longer, sizeof longer, place) == (ssize_t)sizeof longer;
}

bool elf_map_detours(const struct elf_opening *opening)
{
    const struct detours *detours = opening->detours;
    struct dylib *library = opening->dylib;
    const int protection = PROT_READ | PROT_EXEC;
    const int flags = MAP_PRIVATE | MAP_FIXED;
    for (size_t i = 0; i <= detours->page_count; i++) {
        const bool stubs = i == detours->page_count;
        void *place = (void *)(library->base + (stubs ? detours->stubs : detours->pages[i]));
        if (mmap(place, stubs ? detours->stub_bytes : detours->page, protection, flags,
                 detours->file, (off_t)(i * detours->page)) != place)
            return false;
    }
    library->switches = (volatile uint8_t *)(library->base + detours->switches);
    return true;
}

#ifdef MACHINE

static int compare_pages(const void *left, const void *right)
{
    const ElfW(Addr) a = *(const ElfW(Addr) *)left, b = *(const ElfW(Addr) *)right;
    return (a > b) - (a < b);
}

/* Each page that a detour changes, once. */
static bool list_pages(struct detours *detours, const struct detour *list, size_t count)
{
    size_t found = 0;
    detours->pages = calloc(2 * count + 1, sizeof *detours->pages);
    if (!detours->pages)
        return false;
    for (size_t i = 0; i < count; i++) {
        detours->pages[found++] = list[i].address & ~(ElfW(Addr))(detours->page - 1);
        detours->pages[found++] =
            (list[i].address + list[i].original.size - 1) & ~(ElfW(Addr))(detours->page - 1);
    }
    qsort(detours->pages, found, sizeof *detours->pages, compare_pages);
    for (size_t i = 0; i < found; i++)
        if (!detours->page_count || detours->pages[detours->page_count - 1] != detours->pages[i])
            detours->pages[detours->page_count++] = detours->pages[i];
    return true;
}

/* Writes bytes that lie at an address of the library into the changed pages. */
static void change(const struct detours *detours, unsigned char *pages, ElfW(Addr) address,
                   const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < detours->page_count; i++)
        for (size_t j = 0; j < size; j++)
            if (address + j - detours->pages[i] < detours->page)
                pages[i * detours->page + (address + j - detours->pages[i])] = bytes[j];
}

static bool fits(const struct detour *detour)
{
    const struct detour_code *codes[] = {&detour->original, &detour->instead};
    for (size_t i = 0; i < 2; i++) {
        if (codes[i]->size > DETOUR_CODE_SIZE || codes[i]->fixup_count > DETOUR_FIXUPS)
            return false;
        for (size_t j = 0; j < codes[i]->fixup_count; j++)
            if (codes[i]->places[j] + 4u > codes[i]->size)
                return false;
    }
    const size_t least = detour_least_size(MACHINE);
    return detour->switch_number < DETOUR_SWITCHES && detour->original.size >= least &&
           (MACHINE == DETOUR_X86_64 || detour->original.size % least == 0);
}

static const char *check_detours(const struct elf_image *image, const struct detour *list,
                                 size_t count)
{
    const ElfW(Phdr) *last = last_segment(image);
    if (image->writes_text || image->shares_pages || image->unusual)
        return "its code cannot be mapped from its file";
    if (!last || !(last->p_flags & PF_W))
        return "its variables are not at its end";
    for (size_t i = 0; i < count; i++) {
        if (!fits(&list[i]))
            return "a detour is not complete";
        const size_t size = list[i].original.size;
        const void *there = elf_at(image, list[i].address, size);
        if (!there || !elf_in_segment(image, list[i].address, size, PF_X) ||
            memcmp(there, list[i].original.bytes, size) != 0)
            return "its code is not what the detours were made for";
        for (size_t j = 0; j < i; j++)
            if (list[i].address < list[j].address + list[j].original.size &&
                list[j].address < list[i].address + size)
                return "two detours are at one place";
    }
    return NULL;
}

static const char *write_code(struct detours *detours, const struct elf_image *image,
                              const struct detour *list, size_t count)
{
    const size_t size = detours_shared_bytes(detours);
    unsigned char *pages = calloc(size, 1);
    if (!pages)
        return "there is no memory for it";
    const char *wrong = NULL;
    for (size_t i = 0; i < detours->page_count; i++)
        for (size_t j = 0; j < detours->page; j++) {
            const unsigned char *byte = elf_at(image, detours->pages[i] + j, 1);
            if (byte)
                pages[i * detours->page + j] = *byte;
        }
    unsigned char *stubs = pages + detours->page_count * detours->page;
    size_t used = 0;
    for (size_t i = 0; i < count && !wrong; i++) {
        unsigned char jump[DETOUR_CODE_SIZE];
        const ElfW(Addr) stub = detours->stubs + used;
        const size_t written =
            detour_write_stub(MACHINE, stubs + used, &list[i], stub, detours->switches);
        if (!written || !detour_write_jump(MACHINE, jump, &list[i], stub))
            wrong = "its code is too far from its end";
        else
            change(detours, pages, list[i].address, jump, list[i].original.size);
        used += (written + 15) & ~(size_t)15;
    }
    detours->file = wrong ? -1 : elf_file_without_name();
    if (!wrong && (detours->file < 0 || !elf_write_all(detours->file, pages, size, 0)))
        wrong = "there is no place for changed code; set TMPDIR to a directory in which files can "
                "be written and executed";
    free(pages);
    return wrong;
}

static const char *make(struct detours *detours, const unsigned char *bytes,
                        const struct detour *list, size_t count)
{
    struct elf_image image;
    const size_t size = (size_t)detours->library.st_size;
    if (size < sizeof(ElfW(Ehdr)) || memcmp(bytes, ELFMAG, SELFMAG) != 0 ||
        bytes[EI_CLASS] != ELF_CLASS ||
        ((const ElfW(Ehdr) *)(const void *)bytes)->e_machine != ELF_MACHINE)
        return "it is not a library for this system";
    detours->page = (size_t)sysconf(_SC_PAGESIZE);
    const char *wrong = elf_image_read(&image, bytes, size, detours->page);
    if (!wrong)
        wrong = check_detours(&image, list, count);
    if (wrong)
        return wrong;
    const ElfW(Phdr) *last = last_segment(&image);
    detours->switches = (last->p_vaddr + last->p_memsz + 63) & ~(ElfW(Addr))63;
    detours->stubs = (detours->switches + DETOUR_SWITCHES + detours->page - 1) &
                     ~(ElfW(Addr))(detours->page - 1);
    size_t stub_room = 1; /* variables alone have a page of stubs, too */
    for (size_t i = 0; i < count; i++)
        stub_room += (detour_stub_size(&list[i]) + 15) & ~(size_t)15;
    detours->stub_bytes = (stub_room + detours->page - 1) / detours->page * detours->page;
    if (!list_pages(detours, list, count))
        return "there is no memory for it";
    return write_code(detours, &image, list, count);
}

struct detours *detours_make(const char *utf8_path, const struct detour *list, size_t count,
                             char *message, size_t message_size)
{
    const struct elf_text text = {message, message_size};
    struct detours *detours = calloc(1, sizeof *detours);
    const char *wrong = detours ? NULL : strerror(ENOMEM);
    const int source = detours ? open(utf8_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    if (detours)
        detours->file = -1;
    if (!wrong && (source < 0 || fstat(source, &detours->library) != 0))
        wrong = strerror(errno);
    void *bytes = MAP_FAILED;
    if (!wrong)
        bytes = mmap(NULL, (size_t)detours->library.st_size, PROT_READ, MAP_PRIVATE, source, 0);
    if (!wrong)
        wrong = bytes == MAP_FAILED ? strerror(errno) : make(detours, bytes, list, count);
    if (bytes != MAP_FAILED)
        munmap(bytes, (size_t)detours->library.st_size);
    if (source >= 0)
        close(source);
    if (!wrong)
        return detours;
    elf_say(text, "%s: %s", utf8_path, wrong);
    detours_free(detours);
    return NULL;
}

#else

struct detours *detours_make(const char *utf8_path, const struct detour *list, size_t count,
                             char *message, size_t message_size)
{
    const struct elf_text text = {message, message_size};
    (void)list;
    (void)count;
    elf_say(text, "%s: code can be changed on x86-64 and AArch64 only", utf8_path);
    return NULL;
}

#endif
