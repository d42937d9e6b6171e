/* Writes down which functions it was given: ram[2 n] and ram[2 n + 1] hold the address of the n-th,
 * in the order below. */
#define OWN_retro_run
#include "core.h"

static void write_down(int n, retro_proc_address_t function)
{
    const uint64_t address = (uint64_t)(uintptr_t)function;
    memcpy(&ram[2 * n], &address, sizeof address);
}

void retro_run(void)
{
    struct retro_perf_callback perf;
    struct retro_rumble_interface rumble;
    struct retro_vfs_interface_info files = {1, NULL};
    write_down(0, (retro_proc_address_t)environment);
    write_down(1, (retro_proc_address_t)video);
    write_down(2, (retro_proc_address_t)audio_sample);
    write_down(3, (retro_proc_address_t)audio_batch);
    write_down(4, (retro_proc_address_t)input_poll);
    write_down(5, (retro_proc_address_t)input_state);
    write_down(6, (retro_proc_address_t)log_printf);
    if (environment(RETRO_ENVIRONMENT_GET_PERF_INTERFACE, &perf))
        write_down(7, (retro_proc_address_t)perf.get_time_usec);
    if (environment(RETRO_ENVIRONMENT_GET_RUMBLE_INTERFACE, &rumble))
        write_down(8, (retro_proc_address_t)rumble.set_rumble_state);
    if (environment(RETRO_ENVIRONMENT_GET_VFS_INTERFACE, &files))
        write_down(9, (retro_proc_address_t)files.iface->open);
}
