/* Where a core may read and write: what lies below directories that were allowed. */
#ifndef PYLIBRETRO_VFS_POLICY_H
#define PYLIBRETRO_VFS_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "libretro.h"
#include "platform.h"

struct vfs_rule {
    char *directory;
    bool write;
};

enum vfs_permission { VFS_MAY_READ, VFS_MAY_WRITE, VFS_MAY_CHANGE_ENTRY };

struct vfs_policy {
    bool reading_restricted;

    platform_mutex lock; /* guards all below */
    struct vfs_rule *rules;
    size_t rule_count;
    struct retro_vfs_authorized_location *locations;
    size_t location_count;
};

void vfs_policy_init(struct vfs_policy *policy);
void vfs_policy_free(struct vfs_policy *policy);

/* As vfs_allow. */
bool vfs_policy_allow(struct vfs_policy *policy, const char *directory, bool write,
                      const char *label);

/* Whether a canonical path may be used so. An allowed directory itself is no entry that may be
 * removed or renamed: that is for those who may write around it. */
bool vfs_policy_allows(struct vfs_policy *policy, const char *canonical,
                       enum vfs_permission permission);

/* The path by which to do what is asked, to be freed; NULL where there is none, or when the policy
 * refuses it, which sets `refused`. */
char *vfs_policy_way(struct vfs_policy *policy, const char *path, enum vfs_permission permission,
                     bool *refused);

/* To be freed; NULL without memory. */
char *vfs_copy_of(const char *text);

#endif
