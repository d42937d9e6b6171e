/* Uses the whole performance interface every frame. */
#define CORE_NAME "perf"
#define OWN_retro_run
#include "core.h"

void retro_run(void)
{
    static struct retro_perf_counter counter = {"test_frame", 0, 0, 0, false};
    struct retro_perf_callback perf;
    memset(&perf, 0, sizeof perf);
    frame_number++;
    ram[0] = environment(RETRO_ENVIRONMENT_GET_PERF_INTERFACE, &perf);
    retro_time_t time_before = perf.get_time_usec();
    retro_perf_tick_t ticks_before = perf.get_perf_counter();
    if (!counter.registered) {
        perf.perf_register(&counter);
    }
    perf.perf_start(&counter);
    for (int i = 0; i < 1000000 && perf.get_perf_counter() == ticks_before; i++) {
    }
    perf.perf_stop(&counter);
    perf.perf_log();
    ram[1] = counter.registered;
    ram[2] = (uint32_t)counter.call_cnt;
    ram[3] = counter.total > 0;
    ram[4] = perf.get_time_usec() >= time_before && time_before > 0;
    ram[5] = perf.get_perf_counter() > ticks_before;
    ram[6] = (uint32_t)perf.get_cpu_features();
    show_frame_number();
}
