#include "file_system.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { SHARE_ALL = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE };

bool file_system_is_separator(char character)
{
    return character == '/' || character == '\\';
}

static wchar_t *wide_from(const char *path)
{
    const int length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, NULL, 0);
    wchar_t *wide = length > 0 ? malloc((size_t)length * sizeof *wide) : NULL;
    if (wide)
        MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, length);
    return wide;
}

static char *utf8_from(const wchar_t *wide)
{
    const int size = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *path = size > 0 ? malloc((size_t)size) : NULL;
    if (path)
        WideCharToMultiByte(CP_UTF8, 0, wide, -1, path, size, NULL, NULL);
    return path;
}

bool file_system_close(file_system_file file)
{
    return CloseHandle(file) != 0;
}

static file_system_file create_file(const char *path, DWORD access, DWORD disposition, DWORD flags)
{
    wchar_t *wide = wide_from(path);
    if (!wide)
        return FILE_SYSTEM_NO_FILE;
    HANDLE file = CreateFileW(wide, access, SHARE_ALL, NULL, disposition, flags, NULL);
    free(wide);
    return file;
}

file_system_file file_system_open(const char *path, unsigned opening)
{
    DWORD access = 0, flags = FILE_ATTRIBUTE_NORMAL;
    BY_HANDLE_FILE_INFORMATION information;
    if (opening & FILE_SYSTEM_READ)
        access |= GENERIC_READ;
    if (opening & FILE_SYSTEM_WRITE)
        access |= GENERIC_WRITE;
    if (opening & FILE_SYSTEM_NO_LINK)
        flags |= FILE_FLAG_OPEN_REPARSE_POINT;
    HANDLE file =
        create_file(path, access, opening & FILE_SYSTEM_EMPTY ? OPEN_ALWAYS : OPEN_EXISTING, flags);
    if (file == FILE_SYSTEM_NO_FILE)
        return file;
    const bool is_link = (opening & FILE_SYSTEM_NO_LINK) &&
                         GetFileInformationByHandle(file, &information) &&
                         (information.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT);
    /* The handle has just been opened: it stands at the beginning. */
    if (is_link || ((opening & FILE_SYSTEM_EMPTY) && !SetEndOfFile(file))) {
        file_system_close(file);
        return FILE_SYSTEM_NO_FILE;
    }
    return file;
}

void file_system_expect(file_system_file file, bool sequential)
{
    (void)file;
    (void)sequential;
}

static OVERLAPPED place_of(int64_t offset)
{
    OVERLAPPED place;
    memset(&place, 0, sizeof place);
    place.Offset = (DWORD)(uint64_t)offset;
    place.OffsetHigh = (DWORD)((uint64_t)offset >> 32);
    return place;
}

int64_t file_system_read_some(file_system_file file, void *to, size_t size, int64_t offset)
{
    OVERLAPPED place = place_of(offset);
    DWORD done = 0;
    const DWORD wanted = size < 1u << 30 ? (DWORD)size : 1u << 30;
    if (ReadFile(file, to, wanted, &done, &place))
        return done;
    return GetLastError() == ERROR_HANDLE_EOF ? 0 : -1;
}

int64_t file_system_write_some(file_system_file file, const void *from, size_t size, int64_t offset)
{
    OVERLAPPED place = place_of(offset);
    DWORD done = 0;
    const DWORD wanted = size < 1u << 30 ? (DWORD)size : 1u << 30;
    return WriteFile(file, from, wanted, &done, &place) ? (int64_t)done : -1;
}

int64_t file_system_size(file_system_file file)
{
    LARGE_INTEGER size;
    return GetFileSizeEx(file, &size) ? size.QuadPart : -1;
}

bool file_system_truncate(file_system_file file, int64_t size)
{
    FILE_END_OF_FILE_INFO end;
    end.EndOfFile.QuadPart = size;
    return SetFileInformationByHandle(file, FileEndOfFileInfo, &end, sizeof end) != 0;
}

int file_system_make_directory(const char *path)
{
    wchar_t *wide = wide_from(path);
    int outcome = -1;
    if (wide && CreateDirectoryW(wide, NULL))
        outcome = 0;
    else if (wide && GetLastError() == ERROR_ALREADY_EXISTS)
        outcome = -2;
    free(wide);
    return outcome;
}

bool file_system_remove(const char *path)
{
    wchar_t *wide = wide_from(path);
    const bool removed = wide && (DeleteFileW(wide) || RemoveDirectoryW(wide));
    free(wide);
    return removed;
}

bool file_system_rename(const char *before, const char *after)
{
    wchar_t *wide_before = wide_from(before), *wide_after = wide_from(after);
    const bool renamed = wide_before && wide_after &&
                         MoveFileExW(wide_before, wide_after, MOVEFILE_REPLACE_EXISTING);
    free(wide_before);
    free(wide_after);
    return renamed;
}

/* Without access to the data, which a directory has not: for what there is to know of it. */
static file_system_file look_at(const char *path)
{
    return create_file(path, 0, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
}

enum file_system_kind file_system_kind(const char *path, int64_t *size)
{
    BY_HANDLE_FILE_INFORMATION information;
    enum file_system_kind kind = FILE_SYSTEM_NOTHING;
    HANDLE file = look_at(path);
    if (file == FILE_SYSTEM_NO_FILE)
        return kind;
    *size = 0;
    if (GetFileType(file) == FILE_TYPE_CHAR) {
        kind = FILE_SYSTEM_CHARACTER_SPECIAL;
    } else if (GetFileInformationByHandle(file, &information)) {
        const bool directory = information.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
        kind = directory ? FILE_SYSTEM_DIRECTORY : FILE_SYSTEM_FILE;
        *size = (int64_t)((uint64_t)information.nFileSizeHigh << 32 | information.nFileSizeLow);
    }
    file_system_close(file);
    return kind;
}

bool file_system_has_entry(const char *path)
{
    wchar_t *wide = wide_from(path);
    const bool has = wide && GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES;
    free(wide);
    return has;
}

char *file_system_canonical(const char *path)
{
    char *canonical = NULL;
    HANDLE file = look_at(path);
    if (file == FILE_SYSTEM_NO_FILE)
        return NULL;
    const DWORD size = GetFinalPathNameByHandleW(file, NULL, 0, FILE_NAME_NORMALIZED);
    wchar_t *wide = size ? malloc((size_t)size * sizeof *wide) : NULL;
    const DWORD length =
        wide ? GetFinalPathNameByHandleW(file, wide, size, FILE_NAME_NORMALIZED) : 0;
    if (length && length < size)
        canonical = utf8_from(wide);
    free(wide);
    file_system_close(file);
    return canonical;
}

bool file_system_is_within(const char *directory, const char *path)
{
    bool within = false;
    wchar_t *wide_directory = wide_from(directory), *wide_path = wide_from(path);
    if (wide_directory && wide_path) {
        size_t length = wcslen(wide_directory);
        if (length && wide_directory[length - 1] == L'\\')
            length--;
        within = wcslen(wide_path) >= length &&
                 CompareStringOrdinal(wide_directory, (int)length, wide_path, (int)length, TRUE) ==
                     CSTR_EQUAL &&
                 (wide_path[length] == 0 || wide_path[length] == L'\\');
    }
    free(wide_directory);
    free(wide_path);
    return within;
}

bool file_system_list(const char *path, bool include_hidden, struct file_system_listing *listing)
{
    WIN32_FIND_DATAW found;
    char *pattern = file_system_join(path, strlen(path), "*");
    wchar_t *wide = pattern ? wide_from(pattern) : NULL;
    HANDLE search = wide ? FindFirstFileW(wide, &found) : INVALID_HANDLE_VALUE;
    free(wide);
    free(pattern);
    if (search == INVALID_HANDLE_VALUE)
        return false;
    bool complete = true;
    do {
        const bool hidden = found.dwFileAttributes & FILE_ATTRIBUTE_HIDDEN;
        char *name = utf8_from(found.cFileName);
        if (!name)
            complete = false;
        else if (!file_system_is_dots(name) && (include_hidden || !hidden))
            complete = file_system_listing_add(listing, name,
                                               found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY);
        free(name);
    } while (complete && FindNextFileW(search, &found));
    FindClose(search);
    return complete;
}
