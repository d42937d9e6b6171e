#include "vfs_policy.h"

#include "file_system.h"

#include <stdlib.h>
#include <string.h>

void vfs_policy_init(struct vfs_policy *policy)
{
    memset(policy, 0, sizeof *policy);
    platform_mutex_init(&policy->lock);
}

void vfs_policy_free(struct vfs_policy *policy)
{
    for (size_t i = 0; i < policy->rule_count; i++)
        free(policy->rules[i].directory);
    for (size_t i = 0; i < policy->location_count; i++) {
        free((void *)policy->locations[i].path);
        free((void *)policy->locations[i].label);
    }
    free(policy->rules);
    free(policy->locations);
    platform_mutex_destroy(&policy->lock);
}

char *vfs_copy_of(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

static bool add_location(struct vfs_policy *policy, const char *directory, const char *label)
{
    const struct retro_vfs_authorized_location location = {vfs_copy_of(directory),
                                                           vfs_copy_of(label), 0};
    void *locations =
        realloc(policy->locations, (policy->location_count + 1) * sizeof *policy->locations);
    if (locations)
        policy->locations = locations;
    if (!locations || !location.path || !location.label) {
        free((void *)location.path);
        free((void *)location.label);
        return false;
    }
    policy->locations[policy->location_count++] = location;
    return true;
}

bool vfs_policy_allow(struct vfs_policy *policy, const char *directory, bool write,
                      const char *label)
{
    int64_t size;
    char *canonical = file_system_canonical(directory);
    if (!canonical || file_system_kind(canonical, &size) != FILE_SYSTEM_DIRECTORY) {
        free(canonical);
        return false;
    }
    platform_mutex_lock(&policy->lock);
    void *rules = realloc(policy->rules, (policy->rule_count + 1) * sizeof *policy->rules);
    bool added = rules != NULL;
    if (added) {
        policy->rules = rules;
        policy->rules[policy->rule_count++] = (struct vfs_rule){canonical, write};
        added = !label || add_location(policy, directory, label);
    } else {
        free(canonical);
    }
    platform_mutex_unlock(&policy->lock);
    return added;
}

bool vfs_policy_allows(struct vfs_policy *policy, const char *canonical,
                       enum vfs_permission permission)
{
    bool allowed = permission == VFS_MAY_READ && !policy->reading_restricted;
    platform_mutex_lock(&policy->lock);
    for (size_t i = 0; i < policy->rule_count && !allowed; i++) {
        const struct vfs_rule *rule = &policy->rules[i];
        allowed =
            (rule->write || permission == VFS_MAY_READ) &&
            file_system_is_within(rule->directory, canonical) &&
            (permission != VFS_MAY_CHANGE_ENTRY || strlen(canonical) > strlen(rule->directory));
    }
    platform_mutex_unlock(&policy->lock);
    return allowed;
}

char *vfs_policy_way(struct vfs_policy *policy, const char *path, enum vfs_permission permission,
                     bool *refused)
{
    char *canonical;
    if (permission == VFS_MAY_READ && !policy->reading_restricted)
        return vfs_copy_of(path);
    if (permission == VFS_MAY_CHANGE_ENTRY)
        canonical = file_system_canonical_entry(path);
    else
        canonical = file_system_canonical_target(path);
    if (canonical && !vfs_policy_allows(policy, canonical, permission)) {
        *refused = true;
        free(canonical);
        return NULL;
    }
    return canonical;
}
