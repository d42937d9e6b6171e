/* What is the same on all systems. */
#include "file_system.h"

#include <stdlib.h>
#include <string.h>

char *file_system_join(const char *directory, size_t length, const char *name)
{
    const size_t name_size = strlen(name) + 1;
    char *path = malloc(length + 1 + name_size);
    if (!path)
        return NULL;
    memcpy(path, directory, length);
#ifdef _WIN32
    const bool ends = length && (directory[length - 1] == '\\' || directory[length - 1] == '/');
    const char separator = '\\';
#else
    const bool ends = length && directory[length - 1] == '/';
    const char separator = '/';
#endif
    if (!ends)
        path[length++] = separator;
    memcpy(path + length, name, name_size);
    return path;
}

void file_system_listing_free(struct file_system_listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        free(listing->entries[i].name);
    free(listing->entries);
    memset(listing, 0, sizeof *listing);
}

bool file_system_listing_add(struct file_system_listing *listing, const char *name,
                             bool is_directory)
{
    if (listing->count == listing->capacity) {
        const size_t capacity = listing->capacity ? 2 * listing->capacity : 64;
        void *entries = realloc(listing->entries, capacity * sizeof *listing->entries);
        if (!entries)
            return false;
        listing->entries = entries;
        listing->capacity = capacity;
    }
    const size_t size = strlen(name) + 1;
    char *copy = malloc(size);
    if (!copy)
        return false;
    memcpy(copy, name, size);
    listing->entries[listing->count++] = (struct file_system_entry){copy, is_directory};
    return true;
}

static int compare_entries(const void *first, const void *second)
{
    return strcmp(((const struct file_system_entry *)first)->name,
                  ((const struct file_system_entry *)second)->name);
}

bool file_system_is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

int64_t file_system_read(file_system_file file, void *to, size_t size, int64_t offset)
{
    size_t done = 0;
    while (done < size) {
        const int64_t some =
            file_system_read_some(file, (char *)to + done, size - done, offset + (int64_t)done);
        if (some <= 0)
            return some < 0 && !done ? -1 : (int64_t)done;
        done += (size_t)some;
    }
    return (int64_t)done;
}

int64_t file_system_write(file_system_file file, const void *from, size_t size, int64_t offset)
{
    size_t done = 0;
    while (done < size) {
        const int64_t some = file_system_write_some(file, (const char *)from + done, size - done,
                                                    offset + (int64_t)done);
        if (some <= 0)
            return done ? (int64_t)done : -1;
        done += (size_t)some;
    }
    return (int64_t)done;
}

char *file_system_canonical_entry(const char *path)
{
    size_t end = strlen(path);
    while (end > 1 && file_system_is_separator(path[end - 1]))
        end--;
    size_t start = end;
    while (start && !file_system_is_separator(path[start - 1]))
        start--;
    if (start == end)
        return NULL;
    char *parent = start ? malloc(start + 1) : NULL, *name = malloc(end - start + 1);
    char *canonical = NULL, *entry = NULL;
    if (parent) {
        memcpy(parent, path, start);
        parent[start] = 0;
    }
    if (name && (parent || !start)) {
        memcpy(name, path + start, end - start);
        name[end - start] = 0;
        if (!file_system_is_dots(name))
            canonical = file_system_canonical(parent ? parent : ".");
    }
    if (canonical)
        entry = file_system_join(canonical, strlen(canonical), name);
    free(canonical);
    free(parent);
    free(name);
    return entry;
}

char *file_system_canonical_target(const char *path)
{
    char *canonical = file_system_canonical(path);
    if (canonical)
        return canonical;
    canonical = file_system_canonical_entry(path);
    if (canonical && file_system_has_entry(canonical)) {
        free(canonical);
        return NULL;
    }
    return canonical;
}

bool file_system_list_sorted(const char *path, bool include_hidden,
                             struct file_system_listing *listing)
{
    memset(listing, 0, sizeof *listing);
    if (!file_system_list(path, include_hidden, listing)) {
        file_system_listing_free(listing);
        return false;
    }
    if (listing->count)
        qsort(listing->entries, listing->count, sizeof *listing->entries, compare_entries);
    return true;
}
