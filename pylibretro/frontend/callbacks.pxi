# Which function is the body of each of libretro's callbacks.

cdef bytes _callbacks_library = os.fsencode(os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "frontend", "callbacks" + LIBRARY_SUFFIX))
frontend_callbacks_library = _callbacks_library
frontend_callbacks.environment = environment
frontend_callbacks.video_refresh = video_refresh
frontend_callbacks.audio_sample = audio_sample
frontend_callbacks.audio_sample_batch = audio_sample_batch
frontend_callbacks.audio_sample_batch_float = audio_sample_batch_float
frontend_callbacks.input_state = input_state
frontend_callbacks.set_rumble_state = set_rumble_state
frontend_callbacks.set_sensor_state = set_sensor_state
frontend_callbacks.get_sensor_input = get_sensor_input
frontend_callbacks.set_led_state = set_led_state
frontend_callbacks.midi_input_enabled = midi_input_enabled
frontend_callbacks.midi_output_enabled = midi_output_enabled
frontend_callbacks.midi_read = midi_read
frontend_callbacks.midi_write = midi_write
frontend_callbacks.midi_flush = midi_flush
frontend_callbacks.open_mic = open_microphone
frontend_callbacks.camera_start = camera_start
frontend_callbacks.camera_stop = camera_stop
frontend_callbacks.location_start = location_start
frontend_callbacks.location_stop = location_stop
frontend_callbacks.location_get_position = location_get_position
frontend_callbacks.location_set_interval = location_set_interval
