/* Counts what it allocates with an operator new of its own. ram[0]: allocations that it counted in
 * this frame, ram[1]: those it freed, ram[2]: whether a std::string of the C++ library is right. */
#define CORE_NAME "own new"
#define OWN_retro_run
extern "C" {
#include "core.h"
}
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

static uint32_t allocated, freed;

__attribute__((visibility("default"))) void *operator new(std::size_t size)
{
    allocated++;
    return std::malloc(size ? size : 1);
}

__attribute__((visibility("default"))) void operator delete(void *memory) noexcept
{
    freed += memory != nullptr;
    std::free(memory);
}

__attribute__((visibility("default"))) void operator delete(void *memory, std::size_t) noexcept
{
    freed += memory != nullptr;
    std::free(memory);
}

extern "C" void retro_run(void)
{
    frame_number++;
    allocated = freed = 0;
    {
        std::vector<int> numbers(1000, (int)frame_number);
        std::string text(200, 'a');
        text += std::to_string(numbers[999]);
        ram[2] = text.size() > 200 && text[0] == 'a';
    }
    ram[0] = allocated;
    ram[1] = freed;
    show_frame_number();
}
