/* The difference between two byte strings that are mostly equal, such as two save states of one
   machine: the runs of bytes in which the child differs from its parent.

   A delta is a row of numbers in LEB128 and bytes: the size of the child, then, until that many
   bytes are described, how many bytes are the parent's at the same place, how many are new, and
   the new ones. Bytes behind the parent's end are new. */
#ifndef PYLIBRETRO_STATE_DELTA_H
#define PYLIBRETRO_STATE_DELTA_H

#include <stdbool.h>
#include <stddef.h>

/* How many bytes state_delta_encode may write: a kept run is eight bytes or longer, which pays for
   its two numbers, so that only the first three numbers come on top of the child. */
size_t state_delta_bound(size_t child_size);

/* Write the delta, at most state_delta_bound(child_size) bytes, and return its size. */
size_t state_delta_encode(const void *parent_data, size_t parent_size, const void *child_data,
                          size_t child_size, void *delta);

/* The size of the child that a delta describes; false if it describes none. */
bool state_delta_child_size(const void *delta, size_t delta_size, size_t *child_size);

/* Write the child, child_size bytes apart from the parent's. Returns false, with anything in
   `child`, for a delta that is damaged or belongs to another parent or size; nothing outside the
   three strings is touched whatever the delta says. */
bool state_delta_decode(const void *parent_data, size_t parent_size, const void *delta_data,
                        size_t delta_size, void *child_data, size_t child_size);

#endif
