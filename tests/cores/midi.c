/* Plays back what it is sent. Each frame it reads all there is, at most content[0] bytes, or 100,
 * notes "frame: bytes", and writes each byte back, plus one, 100 microseconds and one for each
 * frame after the one before. RAM: the answer, whether input and output are enabled, what writing
 * and flushing answered, what reading into NULL did, and how much was read. */
#define CORE_NAME "midi"
#define OWN_retro_run
#include "core.h"

enum { OFFERED, INPUT, OUTPUT, WRITTEN, FLUSHED, READ_NULL, READ };

void retro_run(void)
{
    static struct retro_midi_interface midi;
    char line[1024] = "";
    size_t length = 0;
    unsigned limit = content_byte(0) ? content_byte(0) : 100;
    uint8_t byte;
    frame_number++;
    ram[OFFERED] = environment(RETRO_ENVIRONMENT_GET_MIDI_INTERFACE, &midi);
    if (ram[OFFERED]) {
        ram[INPUT] = midi.input_enabled();
        ram[OUTPUT] = midi.output_enabled();
        ram[READ_NULL] += midi.read(NULL);
        while (limit-- && midi.read(&byte)) {
            ram[READ]++;
            length += (size_t)snprintf(line + length, sizeof line - length, " %02x", byte);
            ram[WRITTEN] = midi.write((uint8_t)(byte + 1), 100 + frame_number);
        }
        ram[FLUSHED] = midi.flush();
        if (length) {
            note("%u:%s", (unsigned)frame_number, line);
        }
    }
    show_frame_number();
}
