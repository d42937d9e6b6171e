#include "frontend_moment.h"

#include <string.h>

void frontend_moment_save(const struct frontend *frontend, struct frontend_moment *moment)
{
    const struct libc_state *libc = &frontend->libc;
    const struct retro_system_av_info *av_info = &frontend->av_info;
    const struct tm *calendar = &libc->calendar;
    const int32_t fields[9] = {calendar->tm_sec,  calendar->tm_min,  calendar->tm_hour,
                               calendar->tm_mday, calendar->tm_mon,  calendar->tm_year,
                               calendar->tm_wday, calendar->tm_yday, calendar->tm_isdst};
    memset(moment, 0, sizeof *moment);
    moment->frame_count = frontend->frame_count;
    moment->clock_nsec = frontend->clock_nsec;
    moment->clock_usec = libc->clock_usec;
    moment->start_usec = libc->start_usec;
    moment->rand48 = libc->random.rand48;
    moment->clock_questions = frontend->timing.questions | (uint64_t)libc->random.draws << 32;
    moment->audio_due = frontend->timing.audio_due;
    moment->fps = av_info->timing.fps;
    moment->sample_rate = av_info->timing.sample_rate;
    moment->aspect_ratio = av_info->geometry.aspect_ratio;
    moment->base_width = av_info->geometry.base_width;
    moment->base_height = av_info->geometry.base_height;
    moment->rotation = frontend->video.rotation;
    memcpy(moment->random_table, libc->random.table, sizeof moment->random_table);
    moment->random_newest = libc->random.newest;
    memcpy(moment->calendar, fields, sizeof fields);
    memcpy(moment->rumble, frontend->rumble, sizeof moment->rumble);
    memcpy(moment->leds, frontend->peripherals.leds, sizeof moment->leds);
    for (unsigned i = 0; i < PERIPHERAL_MICROPHONES; i++)
        moment->microphone_positions[i] = frontend->peripherals.microphones[i].position;
    moment->camera_position = frontend->peripherals.camera.position;
    moment->midi_position = frontend->peripherals.midi.position;
    memcpy(moment->calendar_text, libc->calendar_text, sizeof moment->calendar_text);
    for (unsigned key = 0; key < FRONTEND_KEYS; key++)
        moment->keyboard[key / 8] |= (uint8_t)((frontend->keyboard[key] != 0) << key % 8);
    moment->keyboard_locks = frontend->typing.locks;
    moment->may_repeat = frontend->video.trust.may_repeat;
    moment->unheard = frontend->skips.unheard;
    moment->disk = (uint8_t)frontend->disk.noted;
    moment->disk_index = frontend->disk.noted ? frontend->disk.noted_index : 0;
}

bool frontend_moment_is_sound(const struct frontend_moment *moment)
{
    return moment->random_newest < 31 && moment->rotation < 4 && moment->picture_rotation < 4 &&
           moment->disk < 3 && moment->calendar_text[sizeof moment->calendar_text - 1] == '\0';
}

void frontend_moment_keys(const struct frontend_moment *moment, uint8_t *keyboard)
{
    for (unsigned key = 0; key < FRONTEND_KEYS; key++)
        keyboard[key] = moment->keyboard[key / 8] >> key % 8 & 1;
}

/* How far the core had come in what microphones, camera and MIDI have for it. That itself is the
   user's, as the live input is, and stays. */
static void rewind_peripherals(struct peripherals *peripherals,
                               const struct frontend_moment *moment)
{
    struct midi *midi = &peripherals->midi;
    const uint64_t first = midi->input.first, end = first + midi->input.length;
    const uint64_t read = moment->midi_position;
    for (unsigned i = 0; i < PERIPHERAL_MICROPHONES; i++)
        peripherals->microphones[i].position = moment->microphone_positions[i];
    peripherals->camera.position = moment->camera_position;
    midi->position = read < first ? first : read > end ? end : read;
    if (peripherals->asking)
        platform_atomic_store(&peripherals->hungry, 1);
}

void frontend_moment_load(struct frontend *frontend, const struct frontend_moment *moment)
{
    struct libc_state *libc = &frontend->libc;
    struct retro_system_av_info *av_info = &frontend->av_info;
    struct tm *calendar = &libc->calendar;
    frontend_set_frames(frontend, moment->frame_count);
    frontend->skips.unheard = moment->unheard != 0;
    frontend->clock_nsec = moment->clock_nsec;
    libc->clock_usec = moment->clock_usec;
    libc->start_usec = moment->start_usec;
    libc->random.rand48 = moment->rand48;
    frontend->timing.questions = (uint32_t)moment->clock_questions;
    libc->random.draws = (uint32_t)(moment->clock_questions >> 32);
    frontend->timing.audio_due = moment->audio_due;
    memcpy(libc->random.table, moment->random_table, sizeof moment->random_table);
    libc->random.newest = moment->random_newest;
    calendar->tm_sec = moment->calendar[0];
    calendar->tm_min = moment->calendar[1];
    calendar->tm_hour = moment->calendar[2];
    calendar->tm_mday = moment->calendar[3];
    calendar->tm_mon = moment->calendar[4];
    calendar->tm_year = moment->calendar[5];
    calendar->tm_wday = moment->calendar[6];
    calendar->tm_yday = moment->calendar[7];
    calendar->tm_isdst = moment->calendar[8];
    memcpy(libc->calendar_text, moment->calendar_text, sizeof moment->calendar_text);
    memcpy(frontend->rumble, moment->rumble, sizeof moment->rumble);
    memcpy(frontend->peripherals.leds, moment->leds, sizeof moment->leds);
    rewind_peripherals(&frontend->peripherals, moment);
    frontend->typing.locks = moment->keyboard_locks;
    frontend->video.rotation = moment->rotation;
    frontend->video.trust.may_repeat |= moment->may_repeat != 0;
    if (av_info->timing.fps != moment->fps || av_info->timing.sample_rate != moment->sample_rate ||
        av_info->geometry.aspect_ratio != moment->aspect_ratio ||
        av_info->geometry.base_width != moment->base_width ||
        av_info->geometry.base_height != moment->base_height)
        frontend->geometry_changes++;
    av_info->timing.fps = moment->fps;
    av_info->timing.sample_rate = moment->sample_rate;
    av_info->geometry.aspect_ratio = moment->aspect_ratio;
    av_info->geometry.base_width = moment->base_width;
    av_info->geometry.base_height = moment->base_height;
}
