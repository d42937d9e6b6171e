/* dylib.h for Windows: the loader knows a library by its path, so an instance is a copy of the file
 * under a name of its own in the temporary directory, deleted when it is unloaded. */
#include "detours.h"
#include "dylib.h"
#include "file_kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#ifndef LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR
#define LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR 0x00000100
#define LOAD_LIBRARY_SEARCH_USER_DIRS 0x00000400
#define LOAD_LIBRARY_SEARCH_DEFAULT_DIRS 0x00001000
#endif

enum { DYLIB_PATH = 32768 };

/* The loader's names in wide characters; too long for the stack of a small thread. */
struct dylib_paths {
    wchar_t original[DYLIB_PATH];
    wchar_t directory[DYLIB_PATH];
};

static int fail(const char *path, DWORD error, char *message, size_t message_size)
{
    char reason[256] = "";
    DWORD length =
        FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error,
                       MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), reason, sizeof reason, NULL);
    while (length > 0 && (unsigned char)reason[length - 1] <= ' ')
        reason[--length] = '\0';
    snprintf(message, message_size, "%s: %s (Windows error %lu)", path, reason,
             (unsigned long)error);
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
        return DYLIB_MISSING;
    case ERROR_MOD_NOT_FOUND:
    case ERROR_PROC_NOT_FOUND:
    case ERROR_DLL_INIT_FAILED:
        return DYLIB_DEPENDENCY;
    case ERROR_BAD_EXE_FORMAT:
        return DYLIB_NOT_A_LIBRARY;
    default:
        return DYLIB_SYSTEM;
    }
}

static int check_file(const wchar_t *original, const char *path, char *message, size_t message_size)
{
    unsigned char bytes[4096];
    char found[256];
    DWORD size = 0;
    const DWORD attributes = GetFileAttributesW(original);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return fail(path, GetLastError(), message, message_size);
    if (attributes & FILE_ATTRIBUTE_DIRECTORY) {
        snprintf(message, message_size, "%s is not a library: found a directory", path);
        return DYLIB_NOT_A_LIBRARY;
    }
    HANDLE file = CreateFileW(original, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return fail(path, GetLastError(), message, message_size);
    const BOOL read = ReadFile(file, bytes, sizeof bytes, &size, NULL);
    const DWORD error = GetLastError();
    CloseHandle(file);
    if (!read)
        return fail(path, error, message, message_size);

    const enum file_kind kind = file_kind_of(bytes, size, found, sizeof found);
    if (kind == FILE_KIND_NONE) {
        snprintf(message, message_size, "%s is not a library for " DYLIB_PLATFORM ": found %s",
                 path, found);
        return DYLIB_NOT_A_LIBRARY;
    }
    const unsigned header = size >= 64 ? file_kind_number(bytes + 60, 4, false) : 0;
#if defined(_M_X64) || defined(__x86_64__)
    const unsigned machine = 0x8664;
#elif defined(_M_ARM64) || defined(__aarch64__)
    const unsigned machine = 0xaa64;
#else
    const unsigned machine = 0x14c;
#endif
    if (kind == FILE_KIND_PE && (header > sizeof bytes - 6 || header + 6 > size)) {
        snprintf(message, message_size, "%s is truncated or damaged: found %s", path, found);
        return DYLIB_NOT_A_LIBRARY;
    }
    if (kind != FILE_KIND_PE || file_kind_number(bytes + header + 4, 2, false) != machine) {
        snprintf(message, message_size,
                 "%s is for another system: found %s, this process is " DYLIB_PLATFORM, path,
                 found);
        return DYLIB_WRONG_ARCHITECTURE;
    }
    return DYLIB_OK;
}

#define COPY_PREFIX L"libretro-core-"

/* A library that is loaded when its process ends leaves its copy behind. */
static void delete_leftovers(const wchar_t *directory)
{
    WIN32_FIND_DATAW found;
    wchar_t path[2 * MAX_PATH + 1];
    swprintf(path, 2 * MAX_PATH, L"%ls" COPY_PREFIX L"*.dll", directory);
    const HANDLE search = FindFirstFileW(path, &found);
    if (search == INVALID_HANDLE_VALUE)
        return;
    do {
        const wchar_t *number = found.cFileName + wcslen(COPY_PREFIX);
        const HANDLE owner =
            OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, wcstoul(number, NULL, 16));
        const bool gone = !owner && GetLastError() == ERROR_INVALID_PARAMETER;
        if (owner)
            CloseHandle(owner);
        swprintf(path, 2 * MAX_PATH, L"%ls%ls", directory, found.cFileName);
        if (gone && SetFileAttributesW(path, FILE_ATTRIBUTE_NORMAL))
            DeleteFileW(path);
    } while (FindNextFileW(search, &found));
    FindClose(search);
}

static bool copy_file(struct dylib *library, const wchar_t *original)
{
    static LONG counter;
    wchar_t directory[MAX_PATH + 1];
    if (!GetTempPathW(MAX_PATH - 64, directory))
        return false;
    if (counter == 0)
        delete_leftovers(directory);
    for (int attempt = 0; attempt < 1000; attempt++) {
        /* Named .dll so that the loader does not append it. */
        swprintf(library->copy, MAX_PATH, L"%ls" COPY_PREFIX L"%lx-%lx.dll", directory,
                 (unsigned long)GetCurrentProcessId(),
                 (unsigned long)InterlockedIncrement(&counter));
        if (CopyFileW(original, library->copy, TRUE))
            return true;
        if (GetLastError() != ERROR_FILE_EXISTS)
            return false;
    }
    return false;
}

static void delete_copy(struct dylib *library)
{
    SetFileAttributesW(library->copy, FILE_ATTRIBUTE_NORMAL);
    if (library->copy[0] && !DeleteFileW(library->copy))
        MoveFileExW(library->copy, NULL, MOVEFILE_DELAY_UNTIL_REBOOT);
    library->copy[0] = L'\0';
}

/* The libraries a core needs lie beside the original, where nobody would look for the copy. */
static HMODULE load_copy(const struct dylib *library, wchar_t *directory)
{
    typedef PVOID(WINAPI * add_function)(PCWSTR);
    typedef BOOL(WINAPI * remove_function)(PVOID);
    const HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
    const add_function add = (add_function)(uintptr_t)GetProcAddress(kernel, "AddDllDirectory");
    const remove_function remove =
        (remove_function)(uintptr_t)GetProcAddress(kernel, "RemoveDllDirectory");
    wchar_t *slash = wcsrchr(directory, L'\\');
    if (slash)
        *slash = L'\0';
    PVOID cookie = add && slash ? add(directory) : NULL;
    const DWORD flags = LOAD_LIBRARY_SEARCH_DEFAULT_DIRS | LOAD_LIBRARY_SEARCH_USER_DIRS |
                        LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR;
    HMODULE handle =
        LoadLibraryExW(library->copy, NULL, add ? flags : LOAD_WITH_ALTERED_SEARCH_PATH);
    DWORD error = GetLastError();
    /* Once more with PATH, which the restricted search leaves out. */
    if (!handle && error == ERROR_MOD_NOT_FOUND) {
        handle = LoadLibraryExW(library->copy, NULL, 0);
        error = GetLastError();
    }
    if (cookie && remove)
        remove(cookie);
    SetLastError(error);
    return handle;
}

static int link_paths(struct dylib *library, struct dylib_paths *paths, const char *path,
                      char *message, size_t message_size)
{
    wchar_t given[1024];
    if (!MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, given, 1024) ||
        !GetFullPathNameW(given, DYLIB_PATH, paths->original, NULL))
        return fail(path, ERROR_INVALID_NAME, message, message_size);
    const int result = check_file(paths->original, path, message, message_size);
    if (result != DYLIB_OK)
        return result;
    if (!copy_file(library, paths->original)) {
        const DWORD error = GetLastError();
        library->copy[0] = L'\0';
        fail(path, error, message, message_size);
        return DYLIB_SYSTEM;
    }
    memcpy(paths->directory, paths->original, sizeof paths->directory);
    /* Without this, a missing library would stop the process with a window. */
    DWORD mode = 0;
    SetThreadErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX, &mode);
    library->handle = load_copy(library, paths->directory);
    const DWORD error = GetLastError();
    SetThreadErrorMode(mode, NULL);
    if (library->handle)
        return DYLIB_OK;
    delete_copy(library);
    return fail(path, error, message, message_size);
}

int dylib_link(struct dylib *library, const char *utf8_path, const struct detours *detours,
               char *message, size_t message_size)
{
    (void)detours; /* detours_make makes none */
    memset(library, 0, sizeof *library);
    struct dylib_paths *paths = (struct dylib_paths *)malloc(sizeof *paths);
    if (!paths) {
        snprintf(message, message_size, "%s: out of memory", utf8_path);
        return DYLIB_SYSTEM;
    }
    const int result = link_paths(library, paths, utf8_path, message, message_size);
    free(paths);
    return result;
}

void dylib_start(struct dylib *library)
{
    (void)library;
}

const char *dylib_path_at(const struct dylib *library, const void *base)
{
    (void)library;
    (void)base;
    return NULL;
}

void *dylib_symbol(const struct dylib *library, const char *name)
{
    return library->handle ? (void *)(uintptr_t)GetProcAddress(library->handle, name) : NULL;
}

/* Changes the words through which the library calls what it imports, from any library. */
int dylib_replace_import(struct dylib *library, const char *name, void *replacement)
{
    if (!library->handle || !replacement)
        return 0;
    unsigned char *base = (unsigned char *)library->handle;
    const IMAGE_NT_HEADERS *headers =
        (const IMAGE_NT_HEADERS *)(base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew);
    const IMAGE_DATA_DIRECTORY *directory =
        &headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];
    if (!directory->VirtualAddress)
        return 0;
    int count = 0;
    const IMAGE_IMPORT_DESCRIPTOR *import =
        (const IMAGE_IMPORT_DESCRIPTOR *)(base + directory->VirtualAddress);
    for (; import->Name && import->OriginalFirstThunk; import++) {
        const IMAGE_THUNK_DATA *names =
            (const IMAGE_THUNK_DATA *)(base + import->OriginalFirstThunk);
        IMAGE_THUNK_DATA *slots = (IMAGE_THUNK_DATA *)(base + import->FirstThunk);
        for (; names->u1.AddressOfData; names++, slots++) {
            if (IMAGE_SNAP_BY_ORDINAL(names->u1.Ordinal))
                continue;
            const IMAGE_IMPORT_BY_NAME *entry =
                (const IMAGE_IMPORT_BY_NAME *)(base + names->u1.AddressOfData);
            if (strcmp((const char *)entry->Name, name) != 0)
                continue;
            DWORD protection;
            if (!VirtualProtect(&slots->u1.Function, sizeof slots->u1.Function, PAGE_READWRITE,
                                &protection))
                continue;
            slots->u1.Function = (ULONG_PTR)replacement;
            VirtualProtect(&slots->u1.Function, sizeof slots->u1.Function, protection, &protection);
            count++;
        }
    }
    return count;
}

int dylib_replace_function(struct dylib *library, const char *name, void *replacement)
{
    return dylib_replace_import(library, name, replacement);
}

int dylib_close(struct dylib *library)
{
    if (!library->handle)
        return DYLIB_OK;
    FreeLibrary(library->handle);
    library->handle = NULL;
    const bool stays = GetModuleHandleW(library->copy) != NULL;
    delete_copy(library);
    return stays ? DYLIB_STAYS : DYLIB_OK;
}

void dylib_abandon(struct dylib *library)
{
    library->handle = NULL;
    if (library->copy[0])
        MoveFileExW(library->copy, NULL, MOVEFILE_DELAY_UNTIL_REBOOT);
    library->copy[0] = L'\0';
}

struct detours *detours_make(const char *utf8_path, const struct detour *list, size_t count,
                             char *message, size_t message_size)
{
    (void)list;
    (void)count;
    snprintf(message, message_size, "%s: code can be changed on Linux only", utf8_path);
    return NULL;
}

void detours_free(struct detours *detours)
{
    (void)detours;
}

size_t detours_shared_bytes(const struct detours *detours)
{
    (void)detours;
    return 0;
}

/* The system would run its destructors. */
void dylib_discard(struct dylib *library)
{
    dylib_abandon(library);
}
