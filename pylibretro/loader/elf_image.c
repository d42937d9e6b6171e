#include "elf_image.h"

#include <stdio.h>
#include <string.h>

const void *elf_at(const struct elf_image *image, ElfW(Addr) address, size_t size)
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

bool elf_in_segment(const struct elf_image *image, ElfW(Addr) address, size_t size, unsigned flag)
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

const void *elf_table_at(const struct elf_image *image, const struct elf_table *table)
{
    return table->size ? elf_at(image, table->address, table->size) : NULL;
}

const char *elf_string(const struct elf_image *image, size_t offset)
{
    return (const char *)elf_table_at(image, &image->strings) + offset;
}

static bool elf_power_of_two(ElfW(Addr) value)
{
    return value && (value & (value - 1)) == 0;
}

/* Each of the following returns NULL, or what is wrong. */

static const char *elf_read_segments(struct elf_image *image)
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
        if (segment->p_type == PT_GNU_STACK)
            image->stack = segment;
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

static const char *elf_check_notes(const struct elf_image *image, const ElfW(Phdr) * segment)
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

static const char *elf_check_segments(const struct elf_image *image)
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

const ElfW(Dyn) * elf_dynamic(const struct elf_image *image)
{
    return (const ElfW(Dyn) *)(const void *)(image->bytes + image->dynamic_segment->p_offset);
}

static bool elf_tag_points(ElfW(Sxword) tag)
{
    return tag == DT_STRTAB || tag == DT_SYMTAB || tag == DT_HASH || tag == DT_GNU_HASH ||
           tag == DT_VERSYM || tag == DT_VERNEED || tag == DT_VERDEF;
}

/* What the dynamic section says, besides what goes into the image. */
struct elf_dynamic_facts {
    ElfW(Addr) symbol_size, entry_size, import_kind, bits_size, flags_1;
    uint64_t present; /* the tags below 64 */
};

/* Each of the following is false for a tag that it does not know. */

static bool elf_note_names(struct elf_image *image, struct elf_dynamic_facts *facts,
                           ElfW(Sxword) tag, ElfW(Addr) value)
{
    switch (tag) {
    case DT_STRTAB:
        image->strings.address = value;
        return true;
    case DT_STRSZ:
        image->strings.size = value;
        return true;
    case DT_SYMTAB:
        image->symbols.address = value;
        return true;
    case DT_SYMENT:
        facts->symbol_size = value;
        return true;
    case DT_HASH:
        image->hash.address = value;
        return true;
    case DT_GNU_HASH:
        image->gnu_hash.address = value;
        return true;
    case DT_VERSYM:
        image->versions.address = value;
        return true;
    case DT_VERNEED:
        image->version_needs.address = value;
        return true;
    case DT_VERDEF:
        image->version_definitions.address = value;
        return true;
    default:
        return false;
    }
}

static bool elf_note_relocations(struct elf_image *image, struct elf_dynamic_facts *facts,
                                 ElfW(Sxword) tag, ElfW(Addr) value)
{
    switch (tag) {
    case ELF_TABLE_TAG:
        image->relocations.address = value;
        return true;
    case ELF_TABLE_SIZE_TAG:
        image->relocations.size = value;
        return true;
    case ELF_TABLE_ENTRY_TAG:
        facts->entry_size = value;
        return true;
    case ELF_TABLE_COUNT_TAG:
        image->relative_count = value;
        return true;
    case DT_RELR:
        image->relative_bits.address = value;
        return true;
    case DT_RELRSZ:
        image->relative_bits.size = value;
        return true;
    case DT_RELRENT:
        facts->bits_size = value;
        return true;
    case DT_JMPREL:
        image->imports.address = value;
        return true;
    case DT_PLTRELSZ:
        image->imports.size = value;
        return true;
    case DT_PLTREL:
        facts->import_kind = value;
        return true;
    default:
        return false;
    }
}

static bool elf_note_functions(struct elf_image *image, ElfW(Sxword) tag, ElfW(Addr) value)
{
    switch (tag) {
    case DT_INIT:
        image->constructor = value;
        return true;
    case DT_FINI:
        image->destructor = value;
        return true;
    case DT_INIT_ARRAY:
        image->constructors.address = value;
        return true;
    case DT_INIT_ARRAYSZ:
        image->constructors.size = value;
        return true;
    case DT_FINI_ARRAY:
        image->destructors.address = value;
        return true;
    case DT_FINI_ARRAYSZ:
        image->destructors.size = value;
        return true;
    default:
        return false;
    }
}

static bool elf_note_flags(struct elf_image *image, struct elf_dynamic_facts *facts,
                           ElfW(Sxword) tag, ElfW(Addr) value)
{
    switch (tag) {
    case DT_FLAGS_1:
        facts->flags_1 = value;
        return true;
    case DT_FLAGS:
        if (value & DF_TEXTREL)
            image->writes_text = true;
        return true;
    case DT_TEXTREL:
        image->writes_text = true;
        return true;
    default:
        return false;
    }
}

static bool elf_tag_is_harmless(ElfW(Sxword) tag)
{
    switch (tag) {
    case ELF_OTHER_TABLE_SIZE_TAG:
    case ELF_OTHER_TABLE_ENTRY_TAG:
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
#ifdef __aarch64__
    case 0x70000001: /* DT_AARCH64_BTI_PLT, _PAC_PLT, _VARIANT_PCS: they only say yes */
    case 0x70000003:
    case 0x70000005:
#endif
        return true;
    default:
        return false;
    }
}

static const char *elf_check_facts(const struct elf_dynamic_facts *facts)
{
#define ELF_TAG(tag) ((uint64_t)1 << (tag))
    const uint64_t companies[] = {ELF_TAG(ELF_TABLE_TAG) | ELF_TAG(ELF_TABLE_SIZE_TAG) |
                                      ELF_TAG(ELF_TABLE_ENTRY_TAG),
                                  ELF_TAG(DT_RELR) | ELF_TAG(DT_RELRSZ) | ELF_TAG(DT_RELRENT),
                                  ELF_TAG(DT_JMPREL) | ELF_TAG(DT_PLTRELSZ) | ELF_TAG(DT_PLTREL)};
    const uint64_t indispensable = ELF_TAG(DT_STRTAB) | ELF_TAG(DT_STRSZ) | ELF_TAG(DT_SYMTAB);
#undef ELF_TAG
    for (size_t i = 0; i < sizeof companies / sizeof *companies; i++) {
        const uint64_t there = facts->present & companies[i];
        ELF_REQUIRE(!there || there == companies[i], "its dynamic section is incomplete");
    }
    ELF_REQUIRE((facts->present & indispensable) == indispensable,
                "its dynamic section is incomplete");
    ELF_REQUIRE(!(facts->flags_1 & DF_1_PIE), "it is a program");
    ELF_REQUIRE(facts->symbol_size == sizeof(ElfW(Sym)) &&
                    facts->entry_size == sizeof(elf_relocation) &&
                    facts->import_kind == ELF_TABLE_TAG && facts->bits_size == sizeof(ElfW(Addr)),
                "the entries of its tables have another size");
    return NULL;
}

static const char *elf_read_dynamic(struct elf_image *image)
{
    const size_t limit = image->dynamic_segment->p_filesz / sizeof(ElfW(Dyn));
    ELF_REQUIRE(elf_at(image, image->dynamic_segment->p_vaddr, image->dynamic_segment->p_filesz) ==
                    (const void *)elf_dynamic(image),
                "its dynamic section is not where it is loaded");
    struct elf_dynamic_facts facts = {
        sizeof(ElfW(Sym)), sizeof(elf_relocation), ELF_TABLE_TAG, sizeof(ElfW(Addr)), 0, 0};
    size_t count = 0;
    for (const ElfW(Dyn) *entry = elf_dynamic(image);; entry++, count++) {
        ELF_REQUIRE(count < limit, "its dynamic section has no end");
        const ElfW(Sxword) tag = entry->d_tag;
        const ElfW(Addr) value = entry->d_un.d_val;
        if (tag == DT_NULL)
            break;
        if (tag > 0 && tag < 64)
            facts.present |= (uint64_t)1 << tag;
        ELF_REQUIRE(value || !elf_tag_points(tag), "a table lies nowhere");
        ELF_REQUIRE(tag != ELF_OTHER_TABLE_TAG, "its relocations are not of this processor's kind");
        if (!elf_note_names(image, &facts, tag, value) &&
            !elf_note_relocations(image, &facts, tag, value) &&
            !elf_note_functions(image, tag, value) && !elf_note_flags(image, &facts, tag, value) &&
            !elf_tag_is_harmless(tag))
            image->unusual = true;
    }
    image->dynamic_count = count;
    return elf_check_facts(&facts);
}

/* Whether a library that calls itself consistent really is: every table inside the file. */
static const char *elf_check_tables(struct elf_image *image)
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
static const char *elf_check_versions(struct elf_image *image, struct elf_table *table,
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

static const char *elf_check_gnu_hash(struct elf_image *image)
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

static const char *elf_check_old_hash(struct elf_image *image)
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

static const char *elf_check_relocation(struct elf_image *image, const elf_relocation *relocation)
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

static const char *elf_check_symbols(struct elf_image *image)
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

/* GCC calls a nested function through a few instructions that it writes onto the stack. Libraries
 * that ask for an executable stack only because a file of assembly forgot to say that it needs
 * none have nothing to write there: on x86-64 the last four bytes of what is written tell. */
static bool elf_runs_on_stack(const struct elf_image *image)
{
    if (image->stack && !(image->stack->p_flags & PF_X))
        return false;
#if defined(__x86_64__)
    static const unsigned char jump[] = {0x49, 0xff, 0xe3, 0x90};
    const unsigned char *from = image->bytes, *end = image->bytes + image->loaded_end;
    while ((from = memchr(from, jump[0], (size_t)(end - from))) != NULL) {
        if ((size_t)(end - from) < sizeof jump)
            return false;
        if (memcmp(from, jump, sizeof jump) == 0)
            return true;
        from++;
    }
    return false;
#else
    return image->stack != NULL;
#endif
}

bool elf_needs_whole_copy(const struct elf_image *image)
{
    return image->writes_text || image->shares_pages || image->runs_resolvers || image->unusual ||
           (image->tls && image->tls->p_filesz);
}

const char *elf_image_read(struct elf_image *image, const unsigned char *bytes, size_t size,
                           size_t page)
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
    if (!wrong)
        image->runs_on_stack = elf_runs_on_stack(image);
    return wrong;
}
