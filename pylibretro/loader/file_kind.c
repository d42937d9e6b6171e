#include "file_kind.h"

#include <stdio.h>
#include <string.h>

unsigned file_kind_number(const unsigned char *bytes, size_t width, bool big)
{
    unsigned number = 0;
    for (size_t i = 0; i < width; i++)
        number = number << 8 | bytes[big ? i : width - 1 - i];
    return number;
}

static const char *elf_machine(unsigned machine)
{
    switch (machine) {
    case 2:
    case 18:
    case 43:
        return "SPARC";
    case 3:
        return "x86";
    case 4:
        return "68000";
    case 8:
        return "MIPS";
    case 20:
        return "PowerPC";
    case 21:
        return "PowerPC64";
    case 22:
        return "S/390";
    case 40:
        return "ARM";
    case 42:
        return "SuperH";
    case 50:
        return "Itanium";
    case 62:
        return "x86-64";
    case 183:
        return "AArch64";
    case 243:
        return "RISC-V";
    case 258:
        return "LoongArch";
    default:
        return NULL;
    }
}

static void describe_elf(const unsigned char *bytes, size_t size, char *text, size_t text_size)
{
    if (size < 20) {
        snprintf(text, text_size, "the first %zu bytes of an ELF file", size);
        return;
    }
    const char *width = bytes[4] == 1 ? "32-bit" : bytes[4] == 2 ? "64-bit" : "damaged";
    const char *order = bytes[5] == 2 ? " big-endian" : "";
    const unsigned machine = file_kind_number(bytes + 18, 2, bytes[5] == 2);
    const char *name = elf_machine(machine);
    if (name)
        snprintf(text, text_size, "a %s%s %s ELF file", width, order, name);
    else
        snprintf(text, text_size, "a %s%s ELF file for machine %u", width, order, machine);
}

static void describe_pe(const unsigned char *bytes, size_t size, char *text, size_t text_size)
{
    const unsigned header = size >= 64 ? file_kind_number(bytes + 60, 4, false) : 0;
    unsigned machine = 0;
    if (header && header + 6u <= size && memcmp(bytes + header, "PE\0\0", 4) == 0)
        machine = file_kind_number(bytes + header + 4, 2, false);
    const char *name = machine == 0x8664   ? "x86-64 "
                       : machine == 0x14c  ? "x86 "
                       : machine == 0xaa64 ? "AArch64 "
                                           : "";
    snprintf(text, text_size, "a%s %sWindows program or DLL", *name ? "n" : "", name);
}

static bool is_text(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size && i < 64; i++)
        if ((bytes[i] < 32 && bytes[i] != '\n' && bytes[i] != '\r' && bytes[i] != '\t') ||
            bytes[i] > 126)
            return false;
    return true;
}

enum file_kind file_kind_of(const unsigned char *bytes, size_t size, char *text, size_t text_size)
{
    static const struct {
        const char *magic;
        size_t length;
        const char *name;
    } others[] = {
        {"!<arch>\n", 8, "a static library (ar archive)"},
        {"PK\3\4", 4, "a zip archive; unpack it first"},
        {"7z\274\257\47\34", 6, "a 7z archive; unpack it first"},
        {"\37\213", 2, "a gzip archive; unpack it first"},
        {"\3757zXZ", 6, "an xz archive; unpack it first"},
        {"BZh", 3, "a bzip2 archive; unpack it first"},
        {"(\265/\375", 4, "a zstd archive; unpack it first"},
        {"Rar!", 4, "a rar archive; unpack it first"},
        {"\0asm", 4, "a WebAssembly module"},
        {"BC\300\336", 4, "LLVM bitcode"},
        {"NES\32", 4, "a NES game, not a core"},
    };
    if (size == 0) {
        snprintf(text, text_size, "an empty file");
        return FILE_KIND_NONE;
    }
    if (size >= 4 && memcmp(bytes, "\177ELF", 4) == 0) {
        describe_elf(bytes, size, text, text_size);
        return FILE_KIND_ELF;
    }
    if (size >= 2 && memcmp(bytes, "MZ", 2) == 0) {
        describe_pe(bytes, size, text, text_size);
        return FILE_KIND_PE;
    }
    if (size >= 8) {
        const unsigned magic = file_kind_number(bytes, 4, true);
        const unsigned after = file_kind_number(bytes + 4, 4, true);
        /* Java classes share the first word of universal libraries, which hold few parts. */
        if (magic == 0xfeedface || magic == 0xfeedfacf || magic == 0xcefaedfe ||
            magic == 0xcffaedfe || (magic == 0xcafebabe && after < 20)) {
            snprintf(text, text_size, "a macOS (Mach-O) file");
            return FILE_KIND_MACH_O;
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (size >= others[i].length && memcmp(bytes, others[i].magic, others[i].length) == 0) {
            snprintf(text, text_size, "%s", others[i].name);
            return FILE_KIND_NONE;
        }
    if (is_text(bytes, size)) {
        int length = 0;
        while (length < 40 && (size_t)length < size && bytes[length] >= 32 && bytes[length] <= 126)
            length++;
        snprintf(text, text_size, "a text file that begins with \"%.*s\"", length,
                 (const char *)bytes);
        return FILE_KIND_NONE;
    }
    int written = snprintf(text, text_size, "a file that begins with the bytes");
    for (size_t i = 0; i < size && i < 4 && written > 0 && (size_t)written < text_size; i++)
        written += snprintf(text + written, text_size - (size_t)written, " %02x", bytes[i]);
    return FILE_KIND_NONE;
}
