/* The pages of an ELF library that has been opened: the original's in place of the copy's, and the
 * relocations that only add the load address. */

#include "elf_opening.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>

static bool map_original(const struct elf_opening *opening, const ElfW(Phdr) * segment,
                         ElfW(Addr) from, ElfW(Addr) to)
{
    const int protection = (segment->p_flags & PF_R ? PROT_READ : 0) |
                           (segment->p_flags & PF_W ? PROT_WRITE : 0) |
                           (segment->p_flags & PF_X ? PROT_EXEC : 0);
    void *place = (void *)(opening->dylib->base + from);
    const off_t offset = (off_t)(segment->p_offset + from - segment->p_vaddr);
    return from >= to || mmap(place, to - from, protection, MAP_PRIVATE | MAP_FIXED,
                              opening->source, offset) == place;
}

static bool map_writable(const struct elf_opening *opening, const ElfW(Phdr) * segment)
{
    const size_t page = opening->image.page;
    const ElfW(Addr) start = elf_page_down(opening, segment->p_vaddr);
    const unsigned char *copied =
        opening->copied + elf_page_down(opening, segment->p_offset) / page;
    const size_t pages =
        (elf_page_up(opening, segment->p_vaddr + segment->p_filesz) - start) / page;
    if (!segment->p_filesz)
        return true;
    for (size_t from = 0, to; from < pages; from = to) {
        for (to = from; to < pages && copied[to] == copied[from]; to++)
            ;
        if (!copied[from]) {
            if (!map_original(opening, segment, start + from * page, start + to * page))
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

bool elf_protect(uintptr_t start, uintptr_t end, int protection)
{
    return start >= end || mprotect((void *)start, end - start, protection) == 0;
}

/* Addresses at which a word lies in one writable segment: from `start` to `end`. */
struct range {
    ElfW(Addr) start, end;
};

static bool find_writable(const struct elf_image *image, ElfW(Addr) target, struct range *range)
{
    if (target >= range->start && target <= range->end)
        return true;
    for (size_t i = 0; i < image->segment_count; i++) {
        const ElfW(Phdr) *segment = &image->segments[i];
        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) &&
            segment->p_memsz >= sizeof target && target >= segment->p_vaddr &&
            target - segment->p_vaddr <= segment->p_memsz - sizeof target) {
            range->start = segment->p_vaddr;
            range->end = segment->p_vaddr + segment->p_memsz - sizeof target;
            return true;
        }
    }
    return false;
}

static const char *apply_relative(const struct elf_opening *opening)
{
    const struct elf_image *image = &opening->image;
    const uintptr_t base = opening->dylib->base;
    const elf_relocation *relocations = elf_table_at(image, &image->relocations);
    struct range writable = {1, 0};
    for (size_t i = 0; i < image->relative_count; i++) {
        const ElfW(Addr) target = relocations[i].r_offset;
        ELF_REQUIRE(ELF_TYPE(&relocations[i]) == ELF_RELATIVE, "its relocations are not in order");
        ELF_REQUIRE(find_writable(image, target, &writable),
                    "a relocation lies outside its writable segments");
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
static const char *apply_relative_bits(const struct elf_opening *opening)
{
    const struct elf_image *image = &opening->image;
    const uintptr_t base = opening->dylib->base;
    const ElfW(Addr) *words = elf_table_at(image, &image->relative_bits);
    const size_t word_size = sizeof *words;
    struct range writable = {1, 0};
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
            ELF_REQUIRE(target % word_size == 0 && find_writable(image, target, &writable),
                        "a relocation lies outside its writable segments");
            *(ElfW(Addr) *)(base + target) += base;
        }
        at += (bitmap ? 8 * word_size - 1 : 1) * word_size;
    }
    return NULL;
}

/* Memory that the C library itself hands out or takes back is everybody's. */
static bool belongs_to_libc(const char *name)
{
    static const char *const names[] = {
        "malloc", "calloc",  "realloc", "reallocarray",   "free",          "memalign",
        "valloc", "pvalloc", "cfree",   "posix_memalign", "aligned_alloc", "malloc_usable_size"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool own_address(const struct elf_opening *opening, const ElfW(Sym) * symbol,
                        uintptr_t *address)
{
    *address = opening->dylib->base + symbol->st_value;
    switch (symbol->st_info & 15) {
    case STT_NOTYPE:
    case STT_OBJECT:
    case STT_FUNC:
    case STT_COMMON:
        return symbol->st_shndx != SHN_ABS;
#if defined(__x86_64__) || defined(__i386__)
    case STT_GNU_IFUNC:
        *address = ((uintptr_t (*)(void))*address)();
        return true;
#endif
    default:
        return false;
    }
}

/* The linker prefers what the program has of the same name: the zlib of Python for the core's own.
 * What a core has itself, it uses. */
static void bind_own(const struct elf_opening *opening)
{
    const struct elf_image *image = &opening->image;
    const ElfW(Sym) *symbols = elf_table_at(image, &image->symbols);
    const struct elf_table *tables[] = {&image->relocations, &image->imports};
    for (size_t i = 0; i < 2; i++) {
        const elf_relocation *relocations = elf_table_at(image, tables[i]);
        for (size_t j = i == 0 ? image->relative_count : 0;
             j < tables[i]->size / sizeof *relocations; j++) {
            const elf_relocation *relocation = &relocations[j];
            const ElfW(Sym) *symbol = &symbols[ELF_SYMBOL(relocation)];
            uintptr_t address, addend = 0;
            if (!ELF_IMPORTS(ELF_TYPE(relocation)) || symbol->st_shndx == SHN_UNDEF ||
                symbol->st_info >> 4 == STB_LOCAL ||
                !elf_in_segment(image, relocation->r_offset, sizeof address, PF_W) ||
                belongs_to_libc(elf_string(image, symbol->st_name)) ||
                !own_address(opening, symbol, &address))
                continue;
            if (ELF_TYPE(relocation) == ELF_ABSOLUTE) {
#ifdef ELF_ADDENDS_IN_PLACE
                const void *place = elf_at(image, relocation->r_offset, sizeof addend);
                if (place)
                    memcpy(&addend, place, sizeof addend);
#else
                addend = (uintptr_t)relocation->r_addend;
#endif
            }
            address += addend;
            void *word = (void *)(opening->dylib->base + relocation->r_offset);
            if (memcmp(word, &address, sizeof address) != 0)
                memcpy(word, &address, sizeof address);
        }
    }
}

static const char *check_functions(const struct elf_opening *opening, const struct elf_table *table)
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

int elf_settle(struct elf_opening *opening)
{
    struct dylib *library = opening->dylib;
    const struct elf_image *image = &opening->image;
    const char *wrong = NULL;
    bool done = true;
    done = elf_protect(library->relro_start, library->relro_end, PROT_READ | PROT_WRITE);
    for (size_t i = 0; i < image->segment_count && done; i++) {
        const ElfW(Phdr) *segment = &image->segments[i];
        if (segment->p_type != PT_LOAD)
            continue;
        if (segment->p_flags & PF_W)
            done = !opening->sparse || map_writable(opening, segment);
        else if (!image->writes_text && !image->shares_pages && !image->unusual)
            done = map_original(opening, segment, elf_page_down(opening, segment->p_vaddr),
                                elf_page_up(opening, segment->p_vaddr + segment->p_filesz));
    }
    if (done && opening->sparse) {
        wrong = apply_relative(opening);
        if (!wrong)
            wrong = apply_relative_bits(opening);
    }
    if (done && !wrong)
        bind_own(opening);
    if (done && image->has_unique_symbols) {
        const ElfW(Addr) first = image->symbols.address;
        const uintptr_t start = library->base + elf_page_down(opening, first);
        const uintptr_t end = library->base + elf_page_up(opening, first + image->symbols.size);
        const bool code = elf_in_segment(image, first, image->symbols.size, PF_X);
        done = elf_protect(start, end, PROT_READ | PROT_WRITE) &&
               elf_make_unique_weak(image, -1, library->base) &&
               elf_protect(start, end, PROT_READ | (code ? PROT_EXEC : 0));
    }
    if (done)
        done = elf_protect(library->relro_start, library->relro_end, PROT_READ);
    if (done && opening->detours)
        done = elf_map_detours(opening);
    if (done && !wrong)
        wrong = check_functions(opening, &image->constructors);
    if (done && !wrong)
        wrong = check_functions(opening, &image->destructors);
    if (done && !wrong)
        return DYLIB_OK;
    if (wrong)
        elf_say(opening->message, "%s is damaged: %s", opening->path, wrong);
    else
        elf_say(opening->message, "%s: could not map it: %s", opening->path, strerror(errno));
    return wrong ? DYLIB_NOT_A_LIBRARY : DYLIB_SYSTEM;
}
