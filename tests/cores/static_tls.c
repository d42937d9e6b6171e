/* Has 640 bytes of thread-local variables for which it wants a place in the C library's static
 * block. ram[0] counts frames there. */
#define CORE_NAME "static tls"
#define OWN_retro_run
#include "core.h"

static __thread volatile uint32_t numbers[160] __attribute__((tls_model("initial-exec")));

void retro_run(void)
{
    frame_number++;
    numbers[frame_number % 160]++;
    ram[0] = numbers[frame_number % 160];
    show_frame_number();
}
