/* What a core did with files: what the policy refused is reported at once, all else on request. */
#ifndef PYLIBRETRO_VFS_JOURNAL_H
#define PYLIBRETRO_VFS_JOURNAL_H

#include "platform.h"
#include "vfs.h"

/* What an operation was asked, and what came of it. */
struct vfs_account {
    enum vfs_operation operation;
    const char *path, *new_path;
    int mode;
    int64_t argument, result, size;
    bool refused;
};

struct vfs_journal {
    const uint64_t *frames;
    void (*refused)(void *, const char *, const char *);
    void *refused_context;
    volatile uint32_t refusals;
    bool recording;

    platform_mutex lock; /* guards all below */
    struct vfs_recorded *first, *last;
    size_t count;
    uint64_t left_out;
};

void vfs_journal_init(struct vfs_journal *journal, const uint64_t *frames);
void vfs_journal_free(struct vfs_journal *journal);
void vfs_journal_note(struct vfs_journal *journal, const struct vfs_account *account);

/* As vfs_take_recorded. */
struct vfs_recorded *vfs_journal_take(struct vfs_journal *journal, uint64_t *left_out);

#endif
