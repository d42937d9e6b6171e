# The arrays that a step of a CoreBatch fills.

@cython.final
cdef class StepArrays:
    """The arrays of one step, a row for each core; None for what the batch has not been asked for."""
    cdef readonly object observations
    cdef readonly object audio_windows
    cdef readonly object watches
    cdef readonly object watch_deltas
    cdef readonly object rewards
    cdef readonly object done
    cdef readonly object frames_run

    cdef int receive(self, batch_engine *engine) except -1:
        """Let the lanes put their results into these arrays."""
        engine.results.frames_run = <int64_t *> array_data(self.frames_run)
        engine.results.observations = engine.results.sound = NULL
        engine.results.watch_integers = engine.results.delta_integers = NULL
        engine.results.watch_doubles = engine.results.delta_doubles = engine.results.reward_sums = NULL
        engine.results.done_flags = NULL
        if self.observations is not None:
            engine.results.observations = <uint8_t *> array_data(self.observations)
        if self.audio_windows is not None:
            engine.results.sound = <uint8_t *> array_data(self.audio_windows)
        if self.watches is not None and engine.watch_floats:
            engine.results.watch_doubles = <double *> array_data(self.watches)
        elif self.watches is not None:
            engine.results.watch_integers = <int64_t *> array_data(self.watches)
        if self.watch_deltas is not None and engine.watch_floats:
            engine.results.delta_doubles = <double *> array_data(self.watch_deltas)
        elif self.watch_deltas is not None:
            engine.results.delta_integers = <int64_t *> array_data(self.watch_deltas)
        if self.rewards is not None:
            engine.results.reward_sums = <double *> array_data(self.rewards)
        if self.done is not None:
            engine.results.done_flags = <uint8_t *> array_data(self.done)
        return 0
