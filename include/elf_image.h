/* Reads an ELF shared library from its file's bytes and checks all that the dynamic linker would
 * believe without looking: it crashes on damaged tables, and takes the process with it. */
#ifndef PYLIBRETRO_ELF_IMAGE_H
#define PYLIBRETRO_ELF_IMAGE_H

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dylib.h"

/* The relocation types this process' processor uses for what we have to tell apart. */
#if defined(__x86_64__) && defined(__LP64__)
#define ELF_MACHINE EM_X86_64
#define ELF_RELATIVE 8
#define ELF_IRELATIVE 37
#define ELF_COPY 5
#define ELF_ABSOLUTE 1
#define ELF_IMPORTS(type) ((type) == 7 || (type) == 6 || (type) == 1)
#define ELF_KNOWN(type) (ELF_IMPORTS(type) || ((type) >= 16 && (type) <= 18))
#elif defined(__aarch64__) && defined(__LP64__)
#define ELF_MACHINE EM_AARCH64
#define ELF_RELATIVE 1027
#define ELF_IRELATIVE 1032
#define ELF_COPY 1024
#define ELF_ABSOLUTE 257
#define ELF_IMPORTS(type) ((type) == 1026 || (type) == 1025 || (type) == 257)
#define ELF_KNOWN(type) (ELF_IMPORTS(type) || ((type) >= 1028 && (type) <= 1031))
#elif defined(__riscv) && defined(__LP64__)
#define ELF_MACHINE EM_RISCV
#define ELF_RELATIVE 3
#define ELF_IRELATIVE 58
#define ELF_COPY 4
#define ELF_ABSOLUTE 2
#define ELF_IMPORTS(type) ((type) == 5 || (type) == 2)
#define ELF_KNOWN(type) (ELF_IMPORTS(type) || (type) == 7 || (type) == 9 || (type) == 11)
#elif defined(__i386__)
#define ELF_MACHINE EM_386
#define ELF_RELATIVE 8
#define ELF_IRELATIVE 42
#define ELF_COPY 5
#define ELF_ABSOLUTE 1
#define ELF_IMPORTS(type) ((type) == 7 || (type) == 6 || (type) == 1)
#define ELF_KNOWN(type) (ELF_IMPORTS(type) || (type) == 14 || ((type) >= 35 && (type) <= 37))
#define ELF_ADDENDS_IN_PLACE 1
#elif defined(__arm__)
#define ELF_MACHINE EM_ARM
#define ELF_RELATIVE 23
#define ELF_IRELATIVE 160
#define ELF_COPY 20
#define ELF_ABSOLUTE 2
#define ELF_IMPORTS(type) ((type) == 22 || (type) == 21 || (type) == 2)
#define ELF_KNOWN(type) (ELF_IMPORTS(type) || ((type) >= 17 && (type) <= 19))
#define ELF_ADDENDS_IN_PLACE 1
#else
#define ELF_RELATIVE 0xffffffffu
#define ELF_IRELATIVE 0xffffffffu
#define ELF_COPY 0xffffffffu
#define ELF_ABSOLUTE 0xffffffffu
#define ELF_IMPORTS(type) ((void)(type), false)
#define ELF_KNOWN(type) ((void)(type), false)
#endif

#ifdef ELF_ADDENDS_IN_PLACE
typedef ElfW(Rel) elf_relocation;
#define ELF_TABLE_TAG DT_REL
#define ELF_TABLE_SIZE_TAG DT_RELSZ
#define ELF_TABLE_ENTRY_TAG DT_RELENT
#define ELF_TABLE_COUNT_TAG DT_RELCOUNT
#define ELF_OTHER_TABLE_TAG DT_RELA
#define ELF_OTHER_TABLE_SIZE_TAG DT_RELASZ
#define ELF_OTHER_TABLE_ENTRY_TAG DT_RELAENT
#else
typedef ElfW(Rela) elf_relocation;
#define ELF_TABLE_TAG DT_RELA
#define ELF_TABLE_SIZE_TAG DT_RELASZ
#define ELF_TABLE_ENTRY_TAG DT_RELAENT
#define ELF_TABLE_COUNT_TAG DT_RELACOUNT
#define ELF_OTHER_TABLE_TAG DT_REL
#define ELF_OTHER_TABLE_SIZE_TAG DT_RELSZ
#define ELF_OTHER_TABLE_ENTRY_TAG DT_RELENT
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

struct elf_image {
    const unsigned char *bytes; /* the whole file */
    size_t size;
    size_t page;
    const ElfW(Phdr) * segments;
    size_t segment_count;
    const ElfW(Phdr) * dynamic_segment;
    const ElfW(Phdr) * relro; /* NULL when there is none */
    const ElfW(Phdr) * tls;   /* NULL when there is none */
    const ElfW(Phdr) * stack; /* says whether stacks are to be executable; NULL: they are */
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
    bool runs_on_stack;  /* it writes functions onto the stack and calls them there */
    bool unusual;        /* tables or relocations whose use by the linker is not known to us */
};

#define ELF_REQUIRE(condition, text)                                                               \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return text;                                                                           \
    } while (0)

/* `bytes` is a whole file that begins as an ELF file of this process' processor does. */
const char *elf_image_read(struct elf_image *image, const unsigned char *bytes, size_t size,
                           size_t page);

/* Whether the linker may look at parts of the file that nothing points out to us. */
bool elf_needs_whole_copy(const struct elf_image *image);

/* The file's bytes for an address range; NULL unless one segment holds all of it. */
const void *elf_at(const struct elf_image *image, ElfW(Addr) address, size_t size);

bool elf_in_segment(const struct elf_image *image, ElfW(Addr) address, size_t size, unsigned flag);

const void *elf_table_at(const struct elf_image *image, const struct elf_table *table);

const char *elf_string(const struct elf_image *image, size_t offset);

const ElfW(Dyn) * elf_dynamic(const struct elf_image *image);

#endif
