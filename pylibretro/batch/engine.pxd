"""Cython's view of the headers that a CoreBatch is built on: threads, observations, rules, sound."""

from libc.stdint cimport int16_t, uint8_t, uint16_t


cdef extern from "workers.h" nogil:
    cdef struct workers:
        pass
    ctypedef void (*workers_function)(void *context, size_t item) noexcept nogil
    workers *workers_start(size_t threads, size_t items, bint spin)
    void workers_stop(workers *)
    void workers_abandon(workers *)
    void workers_run(workers *, workers_function, void *context)
    void workers_run_longest_first(workers *, workers_function, void *context)
    bint workers_submit(workers *, workers_function, void *context, const size_t *items, size_t count)
    size_t workers_take(workers *, size_t *items, size_t count, unsigned long long timeout_nsec)


cdef extern from "observation.h" nogil:
    cdef struct observation_rectangle:
        unsigned top
        unsigned left
        unsigned height
        unsigned width
    cdef struct observation_settings:
        unsigned maximum_width
        unsigned maximum_height
        unsigned width
        unsigned height
        bint cropped
        observation_rectangle crop
        const observation_rectangle *masks
        size_t mask_count
        bint rotate
        bint gray
        int luma
        unsigned pool
        int pool_mode
        int resize
        unsigned stack
        int padding
        int layout
        int dtype
    cdef struct observer:
        observation_settings settings
    size_t observer_bytes(const observation_settings *)
    bint observer_prepare(observer *, const observation_settings *)
    void observer_free(observer *)
    void observer_clear(observer *)
    void observer_take_back(observer *)
    void observer_forget_older(observer *)
    bint observer_picture(observer *, bint last, int format, const void *data, size_t pitch, unsigned width,
                          unsigned height, unsigned rotation)
    bint observer_repeat(observer *, bint last)
    void observer_write(const observer *, void *result)
    size_t observer_history_bytes(const observation_settings *)
    size_t observer_save_history(const observer *, void *history, size_t size)
    bint observer_load_history(observer *, const void *history, size_t size)


cdef extern from "rules.h" nogil:
    cdef struct rule_instruction:
        pass
    cdef struct rule:
        const rule_instruction *code
        size_t length
        const double *constants
        size_t constant_count
    cdef struct rule_frame:
        const double *values
        const double *previous
        const double *initial
        double frames
    bint rule_check(const rule *, size_t watch_count)
    double rule_evaluate(const rule *, const rule_frame *)


cdef extern from "audio_window.h" nogil:
    cdef struct audio_window_settings:
        size_t length
        double rate
        unsigned channels
        bint floats
    cdef struct audio_window:
        pass
    bint audio_window_prepare(audio_window *, const audio_window_settings *, double source_rate)
    void audio_window_free(audio_window *)
    bint audio_window_set_source_rate(audio_window *, double source_rate)
    void audio_window_clear(audio_window *)
    void audio_window_feed(audio_window *, const int16_t *frames, size_t count)
    void audio_window_write(audio_window *, void *out)
    size_t audio_window_bytes(const audio_window_settings *)
    size_t audio_window_state_bytes(const audio_window *)
    void audio_window_save(audio_window *, void *state)
    bint audio_window_load(audio_window *, const void *state, size_t size)
