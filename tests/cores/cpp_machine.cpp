/* C++'s clock and random numbers, and a thread of C++'s own: ram[0], ram[1] the clock's seconds in
 * the core's thread and in the other; ram[2], ram[3] random numbers; ram[4] rand() in the thread;
 * ram[5] whether an exception thrown inside of the thread was caught there. */
#define CORE_NAME "cpp machine"
#define OWN_retro_run
extern "C" {
#include "core.h"
}
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>

static uint32_t seconds()
{
    using namespace std::chrono;
    return (uint32_t)duration_cast<std::chrono::seconds>(system_clock::now().time_since_epoch())
        .count();
}

extern "C" void retro_run(void)
{
    std::random_device device;
    std::mutex mutex;
    std::condition_variable condition;
    frame_number++;
    ram[0] = seconds();
    ram[2] = device();
    ram[3] = device();
    std::thread thread([] {
        ram[1] = seconds();
        ram[4] = (uint32_t)std::rand();
        try {
            throw std::runtime_error("in a thread");
        } catch (const std::exception &) {
            ram[5]++;
        }
    });
    thread.join();
    if (content_byte(0)) {
        std::unique_lock<std::mutex> lock(mutex);
        const auto soon = std::chrono::system_clock::now() + std::chrono::milliseconds(3);
        ram[6] += !condition.wait_until(lock, soon, [] { return false; });
        std::this_thread::sleep_until(soon + std::chrono::milliseconds(3));
        ram[6] += std::chrono::system_clock::now() >= soon;
    }
    show_frame_number();
}
