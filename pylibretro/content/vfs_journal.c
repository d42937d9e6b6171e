#include "vfs_journal.h"

#include <stdlib.h>
#include <string.h>

/* A core may try again in every frame, which nobody wants to be told for ever. */
enum { REFUSALS_TOLD = 256 };

void vfs_journal_init(struct vfs_journal *journal, const uint64_t *frames)
{
    memset(journal, 0, sizeof *journal);
    journal->frames = frames;
    platform_mutex_init(&journal->lock);
}

void vfs_journal_free(struct vfs_journal *journal)
{
    while (journal->first) {
        struct vfs_recorded *next = journal->first->next;
        free(journal->first);
        journal->first = next;
    }
    platform_mutex_destroy(&journal->lock);
}

/* The core's frames are counted by the thread that runs it, while another may come here. */
static uint64_t current_frame(const struct vfs_journal *journal)
{
#if defined(_MSC_VER)
    return *journal->frames;
#else
    return __atomic_load_n(journal->frames, __ATOMIC_RELAXED);
#endif
}

const char *vfs_operation_name(enum vfs_operation operation)
{
    static const char *const names[] = {
#define X(name) #name,
        VFS_OPERATIONS(X)
#undef X
    };
    return names[operation];
}

static struct vfs_recorded *recorded_from(const struct vfs_journal *journal,
                                          const struct vfs_account *account)
{
    const size_t path_size = account->path ? strlen(account->path) + 1 : 1;
    const size_t new_path_size = account->new_path ? strlen(account->new_path) + 1 : 0;
    struct vfs_recorded *recorded = calloc(1, sizeof *recorded + path_size + new_path_size);
    if (!recorded)
        return NULL;
    recorded->frame = current_frame(journal);
    recorded->operation = account->operation;
    recorded->refused = account->refused;
    recorded->mode = account->mode;
    recorded->argument = account->argument;
    recorded->result = account->result;
    recorded->size = account->size;
    if (account->path)
        memcpy(recorded->path, account->path, path_size);
    if (account->new_path) {
        recorded->new_path = recorded->path + path_size;
        memcpy(recorded->new_path, account->new_path, new_path_size);
    }
    return recorded;
}

void vfs_journal_note(struct vfs_journal *journal, const struct vfs_account *account)
{
    if (account->refused && journal->refused &&
        platform_atomic_add(&journal->refusals, 1) < REFUSALS_TOLD)
        journal->refused(journal->refused_context, vfs_operation_name(account->operation),
                         account->path);
    if (!journal->recording)
        return;
    struct vfs_recorded *recorded = recorded_from(journal, account);
    platform_mutex_lock(&journal->lock);
    if (!recorded || journal->count == VFS_RECORDED_LIMIT) {
        journal->left_out++;
        free(recorded);
    } else {
        if (journal->last)
            journal->last->next = recorded;
        else
            journal->first = recorded;
        journal->last = recorded;
        journal->count++;
    }
    platform_mutex_unlock(&journal->lock);
}

struct vfs_recorded *vfs_journal_take(struct vfs_journal *journal, uint64_t *left_out)
{
    platform_mutex_lock(&journal->lock);
    struct vfs_recorded *first = journal->first;
    *left_out = journal->left_out;
    journal->first = journal->last = NULL;
    journal->count = 0;
    journal->left_out = 0;
    platform_mutex_unlock(&journal->lock);
    return first;
}
