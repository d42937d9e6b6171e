/* Reads an ELF shared library from its file's bytes and checks all that the dynamic linker would
 * believe without looking: it crashes on damaged tables, and takes the process with it. */
#ifndef PYLIBRETRO_ELF_IMAGE_H
#define PYLIBRETRO_ELF_IMAGE_H

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The relocation types this process' processor uses for what we have to tell apart. */
#if defined(__x86_64__) && defined(__LP64__)
#define ELF_MACHINE EM_X86_64
#define ELF_RELATIVE 8
#define ELF_IRELATIVE 37
#define ELF_COPY 5
#define ELF_IMPORTS(type) ((type) == 7 || (type) == 6 || (type) == 1)
#define ELF_KNOWN(type) (ELF_IMPORTS(type) || ((type) >= 16 && (type) <= 18))
#elif defined(__aarch64__) && defined(__LP64__)
#define ELF_MACHINE EM_AARCH64
#define ELF_RELATIVE 1027
#define ELF_IRELATIVE 1032
#define ELF_COPY 1024
#define ELF_IMPORTS(type) ((type) == 1026 || (type) == 1025 || (type) == 257)
#define ELF_KNOWN(type) (ELF_IMPORTS(type) || ((type) >= 1028 && (type) <= 1031))
#elif defined(__riscv) && defined(__LP64__)
#define ELF_MACHINE EM_RISCV
#define ELF_RELATIVE 3
#define ELF_IRELATIVE 58
#define ELF_COPY 4
#define ELF_IMPORTS(type) ((type) == 5 || (type) == 2)
#define ELF_KNOWN(type) (ELF_IMPORTS(type) || (type) == 7 || (type) == 9 || (type) == 11)
#elif defined(__i386__)
#define ELF_MACHINE EM_386
#define ELF_RELATIVE 8
#define ELF_IRELATIVE 42
#define ELF_COPY 5
#define ELF_IMPORTS(type) ((type) == 7 || (type) == 6 || (type) == 1)
#define ELF_KNOWN(type) (ELF_IMPORTS(type) || (type) == 14 || ((type) >= 35 && (type) <= 37))
#define ELF_ADDENDS_IN_PLACE 1
#elif defined(__arm__)
#define ELF_MACHINE EM_ARM
#define ELF_RELATIVE 23
#define ELF_IRELATIVE 160
#define ELF_COPY 20
#define ELF_IMPORTS(type) ((type) == 22 || (type) == 21 || (type) == 2)
#define ELF_KNOWN(type) (ELF_IMPORTS(type) || ((type) >= 17 && (type) <= 19))
#define ELF_ADDENDS_IN_PLACE 1
#else
#define ELF_RELATIVE 0xffffffffu
#define ELF_IRELATIVE 0xffffffffu
#define ELF_COPY 0xffffffffu
#define ELF_IMPORTS(type) ((void)(type), false)
#define ELF_KNOWN(type) ((void)(type), false)
#endif

#ifdef ELF_ADDENDS_IN_PLACE
typedef ElfW(Rel) elf_relocation;
#define ELF_TABLE_TAG DT_REL
#else
typedef ElfW(Rela) elf_relocation;
#define ELF_TABLE_TAG DT_RELA
#endif

#if UINTPTR_MAX > 0xffffffffu
#define ELF_TYPE(relocation) ((unsigned)ELF64_R_TYPE((relocation)->r_info))
#define ELF_SYMBOL(relocation) ((size_t)ELF64_R_SYM((relocation)->r_info))
#define ELF_CLASS ELFCLASS64
#else
#define ELF_TYPE(relocation) ((unsigned)ELF32_R_TYPE((relocation)->r_info))
#define ELF_SYMBOL(relocation) ((size_t)ELF32_R_SYM((relocation)->r_info))
#define ELF_CLASS ELFCLASS32
#endif

#ifndef DT_RELRSZ
#define DT_RELRSZ 35
#define DT_RELR 36
#define DT_RELRENT 37
#endif
#ifndef DF_1_PIE
#define DF_1_PIE 0x08000000
#endif

/* A table by its address, counted from where the library is loaded. */
struct elf_table {
    ElfW(Addr) address;
    size_t size; /* in bytes */
};

struct elf_image {
    const unsigned char *bytes; /* the whole file */
    size_t size;
    size_t page;
    const ElfW(Phdr) * segments;
    size_t segment_count;
    const ElfW(Phdr) * dynamic_segment;
    const ElfW(Phdr) * relro; /* NULL when there is none */
    const ElfW(Phdr) * tls;   /* NULL when there is none */
    size_t loaded_end;        /* the file's bytes behind this one are not loaded */
    size_t dynamic_count;     /* entries before DT_NULL */

    struct elf_table strings, symbols, versions, gnu_hash, hash;
    struct elf_table relocations, imports, relative_bits;
    struct elf_table version_needs, version_definitions;
    struct elf_table constructors, destructors;
    ElfW(Addr) constructor, destructor;
    size_t relative_count; /* leading entries of `relocations` that only add the load address */
    size_t search_path;    /* of $ORIGIN, as an offset into strings; 0 for none */
    unsigned greatest_version;
    size_t symbol_end; /* one more than the greatest symbol index in use */

    bool has_unique_symbols;
    bool writes_text;    /* relocations in segments that are not writable */
    bool shares_pages;   /* two segments on one page */
    bool runs_resolvers; /* the linker calls functions of the library while it relocates */
    bool unusual;        /* tables or relocations whose use by the linker is not known to us */
};

/* The file's bytes for an address range; NULL unless one segment holds all of it. */
static inline const void *elf_at(const struct elf_image *image, ElfW(Addr) address, size_t size)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const ElfW(Phdr) *segment = &image->segments[i];
        if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
            address - segment->p_vaddr <= segment->p_filesz &&
            size <= segment->p_filesz - (address - segment->p_vaddr))
            return image->bytes + segment->p_offset + (address - segment->p_vaddr);
    }
    return NULL;
}

static inline bool elf_in_segment(const struct elf_image *image, ElfW(Addr) address, size_t size,
                                  unsigned flag)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const ElfW(Phdr) *segment = &image->segments[i];
        if (segment->p_type == PT_LOAD && (segment->p_flags & flag) &&
            address >= segment->p_vaddr && address - segment->p_vaddr <= segment->p_memsz &&
            size <= segment->p_memsz - (address - segment->p_vaddr))
            return true;
    }
    return false;
}

static inline const void *elf_table_at(const struct elf_image *image, const struct elf_table *table)
{
    return table->size ? elf_at(image, table->address, table->size) : NULL;
}

static inline const char *elf_string(const struct elf_image *image, size_t offset)
{
    return (const char *)elf_table_at(image, &image->strings) + offset;
}

static inline bool elf_power_of_two(ElfW(Addr) value)
{
    return value && (value & (value - 1)) == 0;
}

#define ELF_REQUIRE(condition, text)                                                               \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return text;                                                                           \
    } while (0)

/* Each of the following returns NULL, or what is wrong. */

static inline const char *elf_read_segments(struct elf_image *image)
{
    ELF_REQUIRE(image->size >= sizeof(ElfW(Ehdr)), "it ends inside the ELF header");
    const ElfW(Ehdr) *header = (const void *)image->bytes;
    ELF_REQUIRE(header->e_ident[EI_VERSION] == EV_CURRENT && header->e_version == EV_CURRENT,
                "its ELF version is unknown");
    ELF_REQUIRE(header->e_type != ET_REL, "it is an object file that was never linked");
    ELF_REQUIRE(header->e_type != ET_CORE, "it is the memory dump of a crashed program");
    ELF_REQUIRE(header->e_type != ET_EXEC, "it is a program");
    ELF_REQUIRE(header->e_type == ET_DYN, "its ELF type is unknown");
    ELF_REQUIRE(header->e_phentsize == sizeof(ElfW(Phdr)) && header->e_phnum &&
                    header->e_phnum <= 256 && header->e_phoff % sizeof(ElfW(Addr)) == 0,
                "it has no valid program headers");
    ELF_REQUIRE(header->e_phoff <= image->size &&
                    header->e_phnum * sizeof(ElfW(Phdr)) <= image->size - header->e_phoff,
                "it is truncated: it ends before its program headers");
    image->segments = (const void *)(image->bytes + header->e_phoff);
    image->segment_count = header->e_phnum;

    ElfW(Addr) end = 0;
    bool any = false;
    for (size_t i = 0; i < image->segment_count; i++) {
        const ElfW(Phdr) *segment = &image->segments[i];
        if (segment->p_type == PT_DYNAMIC)
            image->dynamic_segment = segment;
        if (segment->p_type == PT_GNU_RELRO)
            image->relro = segment;
        if (segment->p_type == PT_TLS && segment->p_memsz)
            image->tls = segment;
        if (segment->p_type != PT_LOAD)
            continue;
        ELF_REQUIRE(segment->p_offset <= image->size &&
                        segment->p_filesz <= image->size - segment->p_offset,
                    "it is truncated: it ends inside a segment");
        ELF_REQUIRE(segment->p_filesz <= segment->p_memsz, "a segment is longer than its memory");
        ELF_REQUIRE(elf_power_of_two(segment->p_align) && segment->p_align % image->page == 0 &&
                        segment->p_align <= (ElfW(Addr))1 << 30,
                    "a segment is not aligned to pages");
        ELF_REQUIRE((segment->p_vaddr - segment->p_offset) % segment->p_align == 0,
                    "a segment is not aligned as the file is");
        ELF_REQUIRE(segment->p_memsz <= ~(ElfW(Addr))0 / 4 &&
                        segment->p_vaddr <= ~(ElfW(Addr))0 / 4,
                    "a segment lies outside the address space");
        ELF_REQUIRE(!any || segment->p_vaddr >= end, "segments overlap");
        ELF_REQUIRE(segment->p_flags & (PF_R | PF_W | PF_X), "a segment is for nothing");
        if (any && segment->p_vaddr / image->page < (end + image->page - 1) / image->page)
            image->shares_pages = true;
        ELF_REQUIRE((segment->p_flags & PF_W) || segment->p_filesz == segment->p_memsz,
                    "a segment of code or constants is longer than its bytes");
        any = true;
        end = segment->p_vaddr + segment->p_memsz;
        if (segment->p_offset + segment->p_filesz > image->loaded_end)
            image->loaded_end = segment->p_offset + segment->p_filesz;
    }
    ELF_REQUIRE(any, "nothing of it is to be loaded");
    ELF_REQUIRE((uint64_t)end < (uint64_t)1 << 40, "it wants more memory than there can be");
    ELF_REQUIRE(image->dynamic_segment, "it has no dynamic section");
    if (header->e_shoff && header->e_shentsize)
        ELF_REQUIRE(header->e_shoff <= image->size &&
                        (size_t)header->e_shnum * header->e_shentsize <=
                            image->size - header->e_shoff,
                    "it is truncated: it ends before its section headers");
    return NULL;
}

static inline const char *elf_check_notes(const struct elf_image *image, const ElfW(Phdr) * segment)
{
    const unsigned char *bytes = elf_at(image, segment->p_vaddr, segment->p_memsz);
    ELF_REQUIRE(bytes, "a note lies outside its segments");
    const uint64_t align = segment->p_align == 8 ? 8 : 4;
    for (uint64_t at = 0; at + sizeof(ElfW(Nhdr)) <= segment->p_memsz;) {
        ElfW(Nhdr) note;
        memcpy(&note, bytes + at, sizeof note);
        const uint64_t content = (sizeof note + note.n_namesz + align - 1) & ~(align - 1);
        ELF_REQUIRE(content + note.n_descsz <= segment->p_memsz - at, "a note is damaged");
        at += (content + note.n_descsz + align - 1) & ~(align - 1);
    }
    return NULL;
}

static inline const char *elf_check_segments(const struct elf_image *image)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const ElfW(Phdr) *segment = &image->segments[i];
        switch (segment->p_type) {
        case PT_DYNAMIC:
            ELF_REQUIRE(segment->p_vaddr % sizeof(ElfW(Addr)) == 0 && segment->p_filesz &&
                            elf_at(image, segment->p_vaddr, segment->p_filesz),
                        "its dynamic section lies outside its segments");
            ELF_REQUIRE(!(segment->p_flags & PF_W) ||
                            elf_in_segment(image, segment->p_vaddr, segment->p_filesz, PF_W),
                        "its dynamic section is not writable");
            break;
        case PT_NOTE:
        case PT_GNU_PROPERTY:
            if (segment->p_memsz) {
                const char *wrong = elf_check_notes(image, segment);
                if (wrong)
                    return wrong;
            }
            break;
        case PT_TLS:
            ELF_REQUIRE(
                segment->p_filesz <= segment->p_memsz && segment->p_memsz <= (size_t)1 << 24 &&
                    segment->p_align <= 65536 &&
                    (!segment->p_align || elf_power_of_two(segment->p_align)) &&
                    (!segment->p_filesz || elf_at(image, segment->p_vaddr, segment->p_filesz)),
                "its thread-local variables are damaged");
            break;
        case PT_GNU_RELRO: {
            const ElfW(Addr) mask = ~(ElfW(Addr))(image->page - 1);
            const ElfW(Addr) start = segment->p_vaddr & mask;
            const ElfW(Addr) end = (segment->p_vaddr + segment->p_memsz) & mask;
            ELF_REQUIRE(segment->p_vaddr <= ~(ElfW(Addr))0 / 4 &&
                            segment->p_memsz <= ~(ElfW(Addr))0 / 4,
                        "its read-only data lies outside its segments");
            bool inside = end <= start;
            for (size_t j = 0; j < image->segment_count; j++) {
                const ElfW(Phdr) *load = &image->segments[j];
                if (load->p_type == PT_LOAD && (load->p_flags & PF_W) &&
                    start >= (load->p_vaddr & mask) &&
                    end <= ((load->p_vaddr + load->p_memsz + image->page - 1) & mask))
                    inside = true;
            }
            ELF_REQUIRE(inside, "its read-only data lies outside its segments");
            break;
        }
        default:
            break;
        }
    }
    return NULL;
}

static inline const ElfW(Dyn) * elf_dynamic(const struct elf_image *image)
{
    return (const ElfW(Dyn) *)(const void *)(image->bytes + image->dynamic_segment->p_offset);
}

static inline bool elf_tag_points(ElfW(Sxword) tag)
{
    return tag == DT_STRTAB || tag == DT_SYMTAB || tag == DT_HASH || tag == DT_GNU_HASH ||
           tag == DT_VERSYM || tag == DT_VERNEED || tag == DT_VERDEF;
}

static inline const char *elf_read_dynamic(struct elf_image *image)
{
    const size_t limit = image->dynamic_segment->p_filesz / sizeof(ElfW(Dyn));
    ELF_REQUIRE(elf_at(image, image->dynamic_segment->p_vaddr, image->dynamic_segment->p_filesz) ==
                    (const void *)elf_dynamic(image),
                "its dynamic section is not where it is loaded");
    ElfW(Addr) symbol_size = sizeof(ElfW(Sym)), entry_size = sizeof(elf_relocation);
    ElfW(Addr) import_kind = ELF_TABLE_TAG, bits_size = sizeof(ElfW(Addr)), flags_1 = 0;
    size_t count = 0;
    uint64_t present = 0;
    for (const ElfW(Dyn) *entry = elf_dynamic(image);; entry++, count++) {
        ELF_REQUIRE(count < limit, "its dynamic section has no end");
        const ElfW(Addr) value = entry->d_un.d_val;
        if (entry->d_tag == DT_NULL)
            break;
        if (entry->d_tag > 0 && entry->d_tag < 64)
            present |= (uint64_t)1 << entry->d_tag;
        ELF_REQUIRE(value || !elf_tag_points(entry->d_tag), "a table lies nowhere");
        switch (entry->d_tag) {
        case DT_STRTAB:
            image->strings.address = value;
            break;
        case DT_STRSZ:
            image->strings.size = value;
            break;
        case DT_SYMTAB:
            image->symbols.address = value;
            break;
        case DT_SYMENT:
            symbol_size = value;
            break;
        case DT_HASH:
            image->hash.address = value;
            break;
        case DT_GNU_HASH:
            image->gnu_hash.address = value;
            break;
        case DT_VERSYM:
            image->versions.address = value;
            break;
        case DT_VERNEED:
            image->version_needs.address = value;
            break;
        case DT_VERDEF:
            image->version_definitions.address = value;
            break;
#ifdef ELF_ADDENDS_IN_PLACE
        case DT_REL:
            image->relocations.address = value;
            break;
        case DT_RELSZ:
            image->relocations.size = value;
            break;
        case DT_RELENT:
            entry_size = value;
            break;
        case DT_RELCOUNT:
            image->relative_count = value;
            break;
        case DT_RELA:
            return "its relocations are not of this processor's kind";
        case DT_RELASZ:
        case DT_RELAENT:
            break;
#else
        case DT_RELA:
            image->relocations.address = value;
            break;
        case DT_RELASZ:
            image->relocations.size = value;
            break;
        case DT_RELAENT:
            entry_size = value;
            break;
        case DT_RELACOUNT:
            image->relative_count = value;
            break;
        case DT_REL:
            return "its relocations are not of this processor's kind";
        case DT_RELSZ:
        case DT_RELENT:
            break;
#endif
        case DT_RELR:
            image->relative_bits.address = value;
            break;
        case DT_RELRSZ:
            image->relative_bits.size = value;
            break;
        case DT_RELRENT:
            bits_size = value;
            break;
        case DT_JMPREL:
            image->imports.address = value;
            break;
        case DT_PLTRELSZ:
            image->imports.size = value;
            break;
        case DT_PLTREL:
            import_kind = value;
            break;
        case DT_INIT:
            image->constructor = value;
            break;
        case DT_FINI:
            image->destructor = value;
            break;
        case DT_INIT_ARRAY:
            image->constructors.address = value;
            break;
        case DT_INIT_ARRAYSZ:
            image->constructors.size = value;
            break;
        case DT_FINI_ARRAY:
            image->destructors.address = value;
            break;
        case DT_FINI_ARRAYSZ:
            image->destructors.size = value;
            break;
        case DT_FLAGS_1:
            flags_1 = value;
            break;
        case DT_FLAGS:
            if (value & DF_TEXTREL)
                image->writes_text = true;
            break;
        case DT_TEXTREL:
            image->writes_text = true;
            break;
        case DT_RUNPATH:
        case DT_RPATH:
        case DT_NEEDED:
        case DT_SONAME:
        case DT_PLTGOT:
        case DT_DEBUG:
        case DT_SYMBOLIC:
        case DT_BIND_NOW:
        case DT_VERNEEDNUM:
        case DT_VERDEFNUM:
            break;
#ifdef __aarch64__
        case 0x70000001: /* DT_AARCH64_BTI_PLT, _PAC_PLT, _VARIANT_PCS: they only say yes */
        case 0x70000003:
        case 0x70000005:
            break;
#endif
        default:
            image->unusual = true;
        }
    }
    image->dynamic_count = count;
#define ELF_TAG(tag) ((uint64_t)1 << (tag))
    const uint64_t companies[] = {
#ifdef ELF_ADDENDS_IN_PLACE
        ELF_TAG(DT_REL) | ELF_TAG(DT_RELSZ) | ELF_TAG(DT_RELENT),
#else
        ELF_TAG(DT_RELA) | ELF_TAG(DT_RELASZ) | ELF_TAG(DT_RELAENT),
#endif
        ELF_TAG(DT_RELR) | ELF_TAG(DT_RELRSZ) | ELF_TAG(DT_RELRENT),
        ELF_TAG(DT_JMPREL) | ELF_TAG(DT_PLTRELSZ) | ELF_TAG(DT_PLTREL)};
    for (size_t i = 0; i < sizeof companies / sizeof *companies; i++)
        ELF_REQUIRE(!(present & companies[i]) || (present & companies[i]) == companies[i],
                    "its dynamic section is incomplete");
    const uint64_t indispensable = ELF_TAG(DT_STRTAB) | ELF_TAG(DT_STRSZ) | ELF_TAG(DT_SYMTAB);
    ELF_REQUIRE((present & indispensable) == indispensable, "its dynamic section is incomplete");
#undef ELF_TAG
    ELF_REQUIRE(!(flags_1 & DF_1_PIE), "it is a program");
    ELF_REQUIRE(symbol_size == sizeof(ElfW(Sym)) && entry_size == sizeof(elf_relocation) &&
                    import_kind == ELF_TABLE_TAG && bits_size == sizeof(ElfW(Addr)),
                "the entries of its tables have another size");
    return NULL;
}

/* Whether a library that calls itself consistent really is: every table inside the file. */
static inline const char *elf_check_tables(struct elf_image *image)
{
    const char *strings = elf_table_at(image, &image->strings);
    ELF_REQUIRE(strings && strings[image->strings.size - 1] == '\0', "its strings are damaged");
    for (size_t i = 0; i < image->dynamic_count; i++) {
        const ElfW(Dyn) *entry = &elf_dynamic(image)[i];
        switch (entry->d_tag) {
        case DT_NEEDED:
        case DT_SONAME:
        case DT_RPATH:
        case DT_RUNPATH:
        case DT_FILTER:
        case DT_AUXILIARY:
        case 0x6ffffefc: /* DT_AUDIT */
        case 0x6ffffefb: /* DT_DEPAUDIT */
            ELF_REQUIRE(entry->d_un.d_val < image->strings.size, "a string lies outside its table");
            if ((entry->d_tag == DT_RPATH || entry->d_tag == DT_RUNPATH) &&
                strstr(strings + entry->d_un.d_val, "ORIGIN"))
                image->search_path = entry->d_un.d_val;
            break;
        default:
            break;
        }
    }
    ELF_REQUIRE(image->symbols.address % sizeof(ElfW(Addr)) == 0 &&
                    elf_at(image, image->symbols.address, sizeof(ElfW(Sym))),
                "its symbols lie outside its segments");
    const struct elf_table *tables[] = {&image->relocations, &image->imports};
    for (size_t i = 0; i < 2; i++)
        ELF_REQUIRE(!tables[i]->size || (tables[i]->size % sizeof(elf_relocation) == 0 &&
                                         tables[i]->address % sizeof(ElfW(Addr)) == 0 &&
                                         elf_table_at(image, tables[i])),
                    "its relocations lie outside its segments");
    ELF_REQUIRE(image->relative_count <= image->relocations.size / sizeof(elf_relocation),
                "it counts more relocations than it has");
    ELF_REQUIRE(!image->relative_bits.size ||
                    (image->relative_bits.size % sizeof(ElfW(Addr)) == 0 &&
                     image->relative_bits.address % sizeof(ElfW(Addr)) == 0 &&
                     elf_table_at(image, &image->relative_bits)),
                "its relocations lie outside its segments");
    const struct elf_table *arrays[] = {&image->constructors, &image->destructors};
    for (size_t i = 0; i < 2; i++)
        ELF_REQUIRE(!arrays[i]->size || (arrays[i]->address % sizeof(ElfW(Addr)) == 0 &&
                                         arrays[i]->size % sizeof(ElfW(Addr)) == 0 &&
                                         elf_table_at(image, arrays[i])),
                    "its list of constructors lies outside its segments");
    ELF_REQUIRE(!image->constructor || elf_in_segment(image, image->constructor, 1, PF_X),
                "its first function lies outside its code");
    ELF_REQUIRE(!image->destructor || elf_in_segment(image, image->destructor, 1, PF_X),
                "its last function lies outside its code");
    return NULL;
}

/* Follows the chain that DT_VERNEED or DT_VERDEF begins: both have the same shape, records of
 * which each names its first detail and its successor by distance. */
static inline const char *elf_check_versions(struct elf_image *image, struct elf_table *table,
                                             bool definitions)
{
    ElfW(Addr) address = table->address;
    ElfW(Addr) last = address;
    const char *strings = elf_string(image, 0);
    while (address) {
        ElfW(Addr) next = 0, detail = 0;
        if (definitions) {
            const ElfW(Verdef) *record = elf_at(image, address, sizeof *record);
            ELF_REQUIRE(record && address % 4 == 0 && record->vd_version == 1,
                        "its version table is damaged");
            if ((record->vd_ndx & 0x7fffu) > image->greatest_version)
                image->greatest_version = record->vd_ndx & 0x7fffu;
            next = record->vd_next;
            detail = record->vd_aux;
        } else {
            const ElfW(Verneed) *record = elf_at(image, address, sizeof *record);
            ELF_REQUIRE(record && address % 4 == 0 && record->vn_version == 1 &&
                            record->vn_file < image->strings.size,
                        "its version table is damaged");
            next = record->vn_next;
            detail = record->vn_aux;
            /* The linker trusts that the library a version is wanted from is one it loaded. */
            bool needed = false;
            for (size_t i = 0; i < image->dynamic_count; i++) {
                const ElfW(Dyn) *entry = &elf_dynamic(image)[i];
                if (entry->d_tag == DT_NEEDED &&
                    strcmp(strings + entry->d_un.d_val, strings + record->vn_file) == 0)
                    needed = true;
            }
            ELF_REQUIRE(needed, "it wants a version of a library it does not use");
        }
        last = address;
        for (ElfW(Addr) at = address + detail; detail;) {
            if (definitions) {
                const ElfW(Verdaux) *name = elf_at(image, at, sizeof *name);
                ELF_REQUIRE(name && at % 4 == 0 && name->vda_name < image->strings.size,
                            "its version table is damaged");
                detail = name->vda_next;
                last = at + sizeof *name > last ? at + sizeof *name : last;
            } else {
                const ElfW(Vernaux) *name = elf_at(image, at, sizeof *name);
                ELF_REQUIRE(name && at % 4 == 0 && name->vna_name < image->strings.size,
                            "its version table is damaged");
                if ((name->vna_other & 0x7fffu) > image->greatest_version)
                    image->greatest_version = name->vna_other & 0x7fffu;
                detail = name->vna_next;
                last = at + sizeof *name > last ? at + sizeof *name : last;
            }
            at += detail;
        }
        if (last + sizeof(ElfW(Verdef)) - table->address > table->size)
            table->size = last + sizeof(ElfW(Verdef)) - table->address;
        address = next ? address + next : 0;
    }
    return NULL;
}

static inline const char *elf_check_gnu_hash(struct elf_image *image)
{
    const ElfW(Addr) address = image->gnu_hash.address;
    const uint32_t *header = elf_at(image, address, 16);
    ELF_REQUIRE(header && address % sizeof(ElfW(Addr)) == 0, "its hash table is damaged");
    const size_t bucket_count = header[0], first = header[1], filter_words = header[2];
    ELF_REQUIRE(bucket_count && elf_power_of_two(filter_words) && header[3] < 64,
                "its hash table is damaged");
    const size_t fixed = 16 + filter_words * sizeof(ElfW(Addr)) + bucket_count * 4;
    ELF_REQUIRE(elf_at(image, address, fixed), "its hash table is damaged");
    const uint32_t *buckets = header + 4 + filter_words * sizeof(ElfW(Addr)) / 4;
    size_t greatest = 0;
    for (size_t i = 0; i < bucket_count; i++) {
        ELF_REQUIRE(!buckets[i] || buckets[i] >= first, "its hash table is damaged");
        if (buckets[i] > greatest)
            greatest = buckets[i];
    }
    image->gnu_hash.size = fixed;
    image->symbol_end = first;
    if (!greatest)
        return NULL;
    /* Chains lie one behind the other, so where the last one ends, no other can run further. */
    for (size_t i = greatest;; i++) {
        const size_t chain = fixed + (i - first) * 4;
        const uint32_t *hash = elf_at(image, address + chain, 4);
        ELF_REQUIRE(hash, "its hash table has no end");
        if (*hash & 1) {
            image->symbol_end = i + 1;
            image->gnu_hash.size = chain + 4;
            return NULL;
        }
    }
}

static inline const char *elf_check_old_hash(struct elf_image *image)
{
    const uint32_t *header = elf_at(image, image->hash.address, 8);
    ELF_REQUIRE(header && image->hash.address % 4 == 0, "its hash table is damaged");
    const size_t bucket_count = header[0], chain_count = header[1];
    ELF_REQUIRE(bucket_count, "its hash table is damaged");
    image->hash.size = 8 + (bucket_count + chain_count) * 4;
    ELF_REQUIRE(elf_table_at(image, &image->hash), "its hash table is damaged");
    const uint32_t *buckets = header + 2, *chains = buckets + bucket_count;
    size_t steps = 0;
    for (size_t i = 0; i < bucket_count; i++)
        for (uint32_t at = buckets[i]; at; at = chains[at])
            ELF_REQUIRE(at < chain_count && steps++ < chain_count, "its hash table is damaged");
    if (chain_count > image->symbol_end)
        image->symbol_end = chain_count;
    return NULL;
}

static inline const char *elf_check_relocation(struct elf_image *image,
                                               const elf_relocation *relocation)
{
    const unsigned type = ELF_TYPE(relocation);
    if (ELF_SYMBOL(relocation) >= image->symbol_end)
        image->symbol_end = ELF_SYMBOL(relocation) + 1;
    if (type == 0)
        return NULL;
    ELF_REQUIRE(image->writes_text ||
                    elf_in_segment(image, relocation->r_offset, sizeof(ElfW(Addr)), PF_W),
                "a relocation lies outside its writable segments");
    ELF_REQUIRE(elf_in_segment(image, relocation->r_offset, sizeof(ElfW(Addr)), PF_R | PF_W),
                "a relocation lies outside its segments");
    ELF_REQUIRE(type != ELF_COPY, "it has relocations that only programs have");
    if (type == ELF_IRELATIVE) {
#ifndef ELF_ADDENDS_IN_PLACE
        ELF_REQUIRE(elf_in_segment(image, (ElfW(Addr))relocation->r_addend, 1, PF_X),
                    "a resolver lies outside its code");
#endif
        image->runs_resolvers = true;
    } else if (type != ELF_RELATIVE && !ELF_KNOWN(type)) {
        image->unusual = true;
    }
    return NULL;
}

static inline const char *elf_check_symbols(struct elf_image *image)
{
    const size_t count = image->symbol_end;
    ELF_REQUIRE(count <= image->size / sizeof(ElfW(Sym)), "its symbols end behind the file");
    image->symbols.size = count * sizeof(ElfW(Sym));
    if (!count)
        return NULL;
    const ElfW(Sym) *symbols = elf_table_at(image, &image->symbols);
    ELF_REQUIRE(symbols, "its symbols lie outside its segments");
    const ElfW(Half) *versions = NULL;
    if (image->versions.address) {
        image->versions.size = count * sizeof *versions;
        versions = elf_table_at(image, &image->versions);
        ELF_REQUIRE(versions && image->versions.address % 2 == 0,
                    "its symbol versions lie outside its segments");
    }
    ELF_REQUIRE(versions || (!image->version_needs.address && !image->version_definitions.address),
                "it has versions without symbols");
    for (size_t i = 0; i < count; i++) {
        ELF_REQUIRE(symbols[i].st_name < image->strings.size, "a symbol's name is damaged");
        ELF_REQUIRE(!versions || (versions[i] & 0x7fffu) <= 1 ||
                        (versions[i] & 0x7fffu) <= image->greatest_version,
                    "a symbol's version is damaged");
        const unsigned type = symbols[i].st_info & 15u, binding = symbols[i].st_info >> 4;
        if (binding == STB_GNU_UNIQUE)
            image->has_unique_symbols = true;
        if (type == STT_GNU_IFUNC && symbols[i].st_shndx != SHN_UNDEF) {
            ELF_REQUIRE(elf_in_segment(image, symbols[i].st_value, 1, PF_X),
                        "a resolver lies outside its code");
            image->runs_resolvers = true;
        }
    }
    return NULL;
}

/* Whether the linker may look at parts of the file that nothing points out to us. */
static inline bool elf_needs_whole_copy(const struct elf_image *image)
{
    return image->writes_text || image->shares_pages || image->runs_resolvers || image->unusual ||
           (image->tls && image->tls->p_filesz);
}

/* `bytes` is a whole file that begins as an ELF file of this process' processor does. */
static inline const char *elf_image_read(struct elf_image *image, const unsigned char *bytes,
                                         size_t size, size_t page)
{
    memset(image, 0, sizeof *image);
    image->bytes = bytes;
    image->size = size;
    image->page = page;
    const char *wrong = elf_read_segments(image);
    if (!wrong)
        wrong = elf_check_segments(image);
    if (!wrong)
        wrong = elf_read_dynamic(image);
    if (!wrong)
        wrong = elf_check_tables(image);
    if (!wrong && image->version_needs.address)
        wrong = elf_check_versions(image, &image->version_needs, false);
    if (!wrong && image->version_definitions.address)
        wrong = elf_check_versions(image, &image->version_definitions, true);
    if (!wrong && image->gnu_hash.address)
        wrong = elf_check_gnu_hash(image);
    if (!wrong && image->hash.address)
        wrong = elf_check_old_hash(image);
    const struct elf_table *tables[] = {&image->relocations, &image->imports};
    for (size_t i = 0; i < 2 && !wrong; i++) {
        const elf_relocation *relocations = elf_table_at(image, tables[i]);
        /* The leading ones we check as we apply them: there can be a million of them. */
        for (size_t j = i == 0 ? image->relative_count : 0;
             !wrong && j < tables[i]->size / sizeof *relocations; j++)
            wrong = elf_check_relocation(image, &relocations[j]);
    }
    if (!wrong)
        wrong = elf_check_symbols(image);
    if (!wrong && elf_needs_whole_copy(image)) {
        const elf_relocation *relocations = elf_table_at(image, &image->relocations);
        for (size_t i = 0; !wrong && i < image->relative_count; i++)
            wrong = ELF_TYPE(&relocations[i]) == ELF_RELATIVE
                        ? elf_check_relocation(image, &relocations[i])
                        : "its relocations are not in order";
    }
    return wrong;
}

#endif
