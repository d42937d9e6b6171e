"""Cython's view of include/frontend.h and of the headers that it is built on."""

from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t

from pylibretro.libretro cimport *
from pylibretro.frontend.guard cimport call_watch, fault, guard
from pylibretro.skips.skips cimport skips


cdef extern from "platform.h" nogil:
    ctypedef struct platform_mutex:
        pass
    void platform_mutex_init(platform_mutex *)
    void platform_mutex_lock(platform_mutex *)
    void platform_mutex_unlock(platform_mutex *)
    void platform_mutex_destroy(platform_mutex *)
    int64_t platform_time_usec()
    uint64_t platform_time_nsec()
    uintptr_t platform_thread_id()
    int platform_atomic_exchange(volatile int *, int)
    int platform_atomic_load(volatile int *)
    void platform_pause()
    void platform_atomic_store(volatile int *, int)
    uint32_t platform_atomic_add(volatile uint32_t *, uint32_t)
    bint platform_readable_copy(void *, const void *, size_t)
    size_t platform_readable_size(const void *, size_t)


cdef extern from "interrupt.h" nogil:
    void platform_watch_fork()
    int platform_fork_generation()
    void platform_watch_interrupt()
    int platform_interrupted()
    void platform_clear_interrupted()


cdef extern from "dylib.h" nogil:
    cdef struct dylib:
        volatile uint8_t *switches
    enum:
        DYLIB_OK
        DYLIB_MISSING
        DYLIB_NOT_A_LIBRARY
        DYLIB_WRONG_ARCHITECTURE
        DYLIB_DEPENDENCY
        DYLIB_SYSTEM


cdef extern from "libc_state.h" nogil:
    cdef struct libc_state:
        int64_t clock_usec
    void libc_state_init(libc_state *, int64_t)


cdef extern from "pixels.h" nogil:
    void pixels_to_rgb(int format, const void *source, size_t pitch, unsigned width, unsigned height,
                       uint8_t *rgb, size_t rgb_pitch, unsigned rotation)
    void pixels_copy(const void *source, size_t pitch, size_t row_bytes, unsigned rows, uint8_t *packed)


cdef extern from "simd.h" nogil:
    int simd_select()
    bint simd_force(int level)


cdef extern from "timing.h" nogil:
    enum:
        TIMING_COUNTERS
        TIMING_NAME
    cdef struct timing_counter:
        retro_perf_counter *counter
        char name[64]
    cdef struct frontend_timing:
        float refresh_rate
        unsigned sample_rate
        retro_throttle_state throttle
        bint fast_forwarding
        int buffer_occupancy
        bint real_time
        bint overridden
        retro_fastforwarding_override fast_forwarding_override
        timing_counter counters[256]
        unsigned counter_count
        double audio_due


cdef extern from "vfs.h" nogil:
    enum:
        VFS_RECORDED_LIMIT
    cdef struct vfs:
        pass
    cdef struct vfs_paths:
        retro_vfs_open_t open
        retro_vfs_remove_t remove
        retro_vfs_rename_t rename
        retro_vfs_stat_t stat
        retro_vfs_mkdir_t mkdir
        retro_vfs_opendir_t opendir
        retro_vfs_stat_64_t stat_64
    cdef struct vfs_recorded:
        vfs_recorded *next
        uint64_t frame
        int operation
        bint refused
        int mode
        int64_t argument
        int64_t result
        int64_t size
        char *new_path
        char path[1]
    vfs *vfs_new(const uint64_t *frames)
    void vfs_restrict_reading(vfs *)
    bint vfs_allow(vfs *, const char *directory, bint write, const char *label)
    bint vfs_locations(vfs *, retro_vfs_authorized_locations *)
    void vfs_on_refusal(vfs *, void (*refused)(void *, const char *, const char *) noexcept nogil, void *context)
    void vfs_record(vfs *)
    vfs_recorded *vfs_take_recorded(vfs *, uint64_t *left_out)
    const char *vfs_operation_name(int operation)
    uint32_t vfs_written(const vfs *)
    bint vfs_interface(vfs *, const vfs_paths *, retro_vfs_interface_info *)
    void vfs_end(vfs *)
    void vfs_free(vfs *)


cdef extern from "host.h" nogil:
    cdef struct host:
        retro_memory_status memory
        bint memory_known
        unsigned exec_mode
        platform_mutex lock
    bint host_can_execute(unsigned mode)
    bint host_exec_allocate(host *, retro_exec_mem_alloc *)
    bint host_exec_free(host *, const retro_exec_mem_free *)
    void host_end(host *)
cdef extern from "hardware.h" nogil:
    cdef struct hardware_context:
        pass
    # hardware is the name of a property of Core, too
    cdef struct hardware_state "hardware":
        bint offered
        unsigned preferred
        bint asked
        char refusal[200]
        hardware_context *context
        hardware_context *next
        char failure[200]
    cdef struct hardware_description:
        unsigned type
        unsigned version_major
        unsigned version_minor
        unsigned width
        unsigned height
        bint depth
        bint stencil
        bint bottom_left_origin
        bint debug
        char vendor[64]
        char renderer[128]
        char version[128]
    void hardware_start()
    void hardware_before_fork()
    void hardware_after_fork()
    bint hardware_available(char *reason, size_t size)
    bint hardware_request(hardware_state *, retro_hw_render_callback *, bint old, retro_hw_get_current_framebuffer_t)
    bint hardware_begin(hardware_state *, unsigned width, unsigned height)
    void hardware_end(hardware_state *)
    void hardware_discard(hardware_state *)
    bint hardware_enter(hardware_state *)
    void hardware_leave(hardware_state *)
    bint hardware_is_here(const hardware_state *)
    bint hardware_holds(const hardware_state *, unsigned width, unsigned height)
    bint hardware_grow(hardware_state *, unsigned width, unsigned height)
    void hardware_read(hardware_state *, uint32_t *pixels, unsigned width, unsigned height)
    void hardware_context_reset(hardware_state *)
    void hardware_context_destroy(hardware_state *)
    void hardware_describe(const hardware_state *, hardware_description *)


cdef extern from "peripherals.h" nogil:
    cdef struct frontend
    enum:
        PERIPHERAL_LEDS
        PERIPHERAL_RUMBLE
        PERIPHERAL_SENSORS
        PERIPHERAL_LED
        PERIPHERAL_POWER
        PERIPHERAL_MICROPHONE
        PERIPHERAL_MIDI
        PERIPHERAL_CAMERA
        PERIPHERAL_LOCATION
        PERIPHERAL_MICROPHONES
        SENSOR_ACCELEROMETER
        SENSOR_GYROSCOPE
        SENSOR_ILLUMINANCE
        SENSOR_KINDS
    cdef struct sensor_request:
        cbool enabled
        unsigned rate
    cdef struct microphone:
        frontend *frontend
        cbool open
        cbool active
        unsigned rate
        uint64_t position
        size_t read_in_frame
        const int16_t *samples
        size_t length
        uint64_t start
        cbool asks
    cdef struct camera:
        retro_camera_callback callback
        cbool asked
        cbool initialized
        cbool running
        uint64_t position
        const uint32_t *pictures
        size_t length
        size_t width
        size_t height
        uint64_t start
        cbool asks
        uint32_t *dark
        unsigned dark_width
        unsigned dark_height
    cdef struct location:
        retro_location_callback callback
        cbool asked
        cbool initialized
        cbool started
        cbool known
        unsigned interval
        unsigned distance
        double numbers[4]
    cdef struct midi_event:
        uint64_t frame
        uint32_t delta_time
        uint8_t byte
    cdef struct midi_queue:
        midi_event *events
        size_t length
        size_t capacity
        uint64_t first
    cdef struct midi:
        cbool input_enabled
        cbool output_enabled
        midi_queue input
        midi_queue output
        uint64_t position
    cdef struct peripherals:
        unsigned offered
        cbool awake
        cbool asking
        volatile int hungry
        uint16_t rumble_peak[16][2]
        int32_t leds[32]
        sensor_request sensors[16][3]
        retro_device_power power
        microphone microphones[4]
        camera camera
        location location
        midi midi


cdef extern from "netpacket.h" nogil:
    enum:
        NETPACKET_BYTES_LIMIT
        NETPACKET_PROTOCOL_SIZE
        NETPACKET_PACKET
        NETPACKET_START
        NETPACKET_STOP
        NETPACKET_CONNECTED
        NETPACKET_DISCONNECTED
        NETPACKET_ACCEPTED
        NETPACKET_REFUSED
    cdef struct netpacket:
        pass
    cdef struct netpacket_item:
        netpacket_item *next
        int kind
        int flags
        uint16_t client
        size_t size
        uint8_t data[1]
    netpacket *netpacket_new()
    netpacket *netpacket_hold(netpacket *)
    void netpacket_release(netpacket *)
    bint netpacket_register(netpacket *, const retro_netpacket_callback *, retro_netpacket_send_t,
                            retro_netpacket_poll_receive_t)
    void netpacket_before_frame(netpacket *)
    void netpacket_end(netpacket *)
    bint netpacket_put(netpacket *, int kind, uint16_t client, const void *data, size_t size)
    netpacket_item *netpacket_take(netpacket *, uint64_t *dropped)
    bint netpacket_registered(netpacket *)
    int netpacket_client(netpacket *)
    bint netpacket_protocol(netpacket *, char *protocol)


cdef extern from "callbacks.h" nogil:
    cdef struct callback_slot
    cdef struct frontend
    cdef struct core_callbacks:
        retro_environment_t environment
        retro_video_refresh_t video_refresh
        retro_audio_sample_t audio_sample
        retro_audio_sample_batch_t audio_sample_batch
        retro_input_poll_t input_poll
        retro_input_state_t input_state
        retro_audio_sample_batch_float_t audio_sample_batch_float
        retro_hw_get_current_framebuffer_t get_current_framebuffer
        retro_perf_get_time_usec_t get_time_usec
        retro_perf_get_counter_t get_perf_counter
        retro_perf_register_t perf_register
        retro_perf_start_t perf_start
        retro_perf_stop_t perf_stop
        retro_perf_log_t perf_log
        retro_set_rumble_state_t set_rumble_state
        retro_set_sensor_state_t set_sensor_state
        retro_sensor_get_input_t get_sensor_input
        retro_set_led_state_t set_led_state
        retro_midi_input_enabled_t midi_input_enabled
        retro_midi_output_enabled_t midi_output_enabled
        retro_midi_read_t midi_read
        retro_midi_write_t midi_write
        retro_midi_flush_t midi_flush
        retro_open_mic_t open_mic
        retro_camera_start_t camera_start
        retro_camera_stop_t camera_stop
        retro_location_start_t location_start
        retro_location_stop_t location_stop
        retro_location_get_position_t location_get_position
        retro_location_set_interval_t location_set_interval
        retro_netpacket_send_t netpacket_send
        retro_netpacket_poll_receive_t netpacket_poll_receive
        retro_vfs_open_t vfs_open
        retro_vfs_remove_t vfs_remove
        retro_vfs_rename_t vfs_rename
        retro_vfs_stat_t vfs_stat
        retro_vfs_mkdir_t vfs_mkdir
        retro_vfs_opendir_t vfs_opendir
        retro_vfs_stat_64_t vfs_stat_64
        retro_log_printf_t log
    cdef struct frontend_callbacks_struct "frontend_callbacks":
        cbool (*environment)(frontend *, unsigned, void *) noexcept nogil
        void (*video_refresh)(frontend *, const void *, unsigned, unsigned, size_t) noexcept nogil
        void (*audio_sample)(frontend *, int16_t, int16_t) noexcept nogil
        size_t (*audio_sample_batch)(frontend *, const int16_t *, size_t) noexcept nogil
        size_t (*audio_sample_batch_float)(frontend *, const float *, size_t) noexcept nogil
        int16_t (*input_state)(frontend *, unsigned, unsigned, unsigned, unsigned) noexcept nogil
        cbool (*set_rumble_state)(frontend *, unsigned, retro_rumble_effect, uint16_t) noexcept nogil
        cbool (*set_sensor_state)(frontend *, unsigned, retro_sensor_action, unsigned) noexcept nogil
        float (*get_sensor_input)(frontend *, unsigned, unsigned) noexcept nogil
        void (*set_led_state)(frontend *, int, int) noexcept nogil
        cbool (*midi_input_enabled)(frontend *) noexcept nogil
        cbool (*midi_output_enabled)(frontend *) noexcept nogil
        cbool (*midi_read)(frontend *, uint8_t *) noexcept nogil
        cbool (*midi_write)(frontend *, uint8_t, uint32_t) noexcept nogil
        cbool (*midi_flush)(frontend *) noexcept nogil
        retro_microphone_t *(*open_mic)(frontend *, const retro_microphone_params_t *) noexcept nogil
        cbool (*camera_start)(frontend *) noexcept nogil
        void (*camera_stop)(frontend *) noexcept nogil
        cbool (*location_start)(frontend *) noexcept nogil
        void (*location_stop)(frontend *) noexcept nogil
        cbool (*location_get_position)(frontend *, double *, double *, double *, double *) noexcept nogil
        void (*location_set_interval)(frontend *, unsigned, unsigned) noexcept nogil


cdef extern from "frontend.h" nogil:
    enum:
        FRONTEND_NO_CONTEXT
    enum:
        FRONTEND_PORTS
        FRONTEND_TEXT
        FRONTEND_TOUCHES
        FRONTEND_KEYS
        STATE_HOLES
        FRONTEND_OPENED
        FRONTEND_INITIALISED
        FRONTEND_LOADED
        FRONTEND_CLOSED
        FRONTEND_NO_LANGUAGE

    cdef struct frontend_core:
        void (*set_environment)(retro_environment_t) noexcept nogil
        void (*set_video_refresh)(retro_video_refresh_t) noexcept nogil
        void (*set_audio_sample)(retro_audio_sample_t) noexcept nogil
        void (*set_audio_sample_batch)(retro_audio_sample_batch_t) noexcept nogil
        void (*set_input_poll)(retro_input_poll_t) noexcept nogil
        void (*set_input_state)(retro_input_state_t) noexcept nogil
        void (*init)() noexcept nogil
        void (*deinit)() noexcept nogil
        unsigned (*api_version)() noexcept nogil
        void (*get_system_info)(retro_system_info *) noexcept nogil
        void (*get_system_av_info)(retro_system_av_info *) noexcept nogil
        void (*set_controller_port_device)(unsigned, unsigned) noexcept nogil
        void (*reset)() noexcept nogil
        void (*run)() noexcept nogil
        size_t (*serialize_size)() noexcept nogil
        bint (*serialize)(void *, size_t) noexcept nogil
        bint (*unserialize)(const void *, size_t) noexcept nogil
        void (*cheat_reset)() noexcept nogil
        void (*cheat_set)(unsigned, bint, const char *) noexcept nogil
        bint (*load_game)(const retro_game_info *) noexcept nogil
        bint (*load_game_special)(unsigned, const retro_game_info *, size_t) noexcept nogil
        void (*unload_game)() noexcept nogil
        unsigned (*get_region)() noexcept nogil
        void *(*get_memory_data)(unsigned) noexcept nogil
        size_t (*get_memory_size)(unsigned) noexcept nogil

    cdef struct arena_block:
        pass
    cdef struct arena:
        arena_block *blocks
        size_t total

    cdef struct option_value:
        const char *value
        const char *label
    cdef struct option_declaration:
        const char *key
        const char *description
        const char *description_in_category
        const char *info
        const char *info_in_category
        const char *category
        const option_value *values
        size_t value_count
        size_t default_index
    cdef struct option_category:
        const char *key
        const char *description
        const char *info
    cdef struct option_table:
        size_t bytes
        const option_declaration *options
        size_t option_count
        const option_category *categories
        size_t category_count
    option_table *option_table_of_variables(const retro_variable *, int fork_generation)
    option_table *option_table_of_definitions(const retro_core_option_definition *,
                                              const retro_core_option_definition *local, int fork_generation)
    option_table *option_table_of_v2(const retro_core_options_v2 *, const retro_core_options_v2 *local,
                                     int fork_generation)
    void option_table_release(option_table *, int fork_generation)
    cdef struct core_option:
        const option_declaration *declared
        size_t current
        bint visible
    cdef struct declared_options:
        declared_options *next
        option_table *table
        core_option *options
    cdef struct option_override:
        option_override *next
        const char *key
        const char *value
        bint used
        bint refused
    cdef struct controller:
        unsigned port
        unsigned id
        const char *description
    cdef struct input_descriptor:
        unsigned port
        unsigned device
        unsigned index
        unsigned id
        const char *description
    cdef struct subsystem_memory:
        const char *extension
        unsigned type
    cdef struct subsystem_rom:
        const char *description
        const char *extensions
        bint need_fullpath
        bint block_extract
        bint required
        subsystem_memory *memories
        unsigned memory_count
    cdef struct subsystem:
        const char *description
        const char *identifier
        subsystem_rom *roms
        unsigned rom_count
        unsigned id
    cdef struct content_override:
        const char *extensions
        bint need_fullpath
        bint persistent_data
    cdef struct memory_descriptor:
        uint64_t flags
        uint8_t *data
        size_t offset
        size_t start
        size_t select
        size_t disconnect
        size_t length
        size_t readable
        size_t declared_select
        size_t declared_length
        const char *address_space
    cdef struct log_line:
        log_line *next
        int level
        size_t length
        char text[1]
    cdef struct message:
        message *next
        unsigned duration
        unsigned priority
        int level
        int target
        int type
        int8_t progress
        bint extended
        char text[1]

    cdef struct port_input:
        uint16_t joypad
        int16_t analog[2][2]
        int16_t analog_buttons[16]
        int16_t mouse[2]
        uint16_t mouse_buttons
        int16_t lightgun[2]
        int16_t lightgun_relative[2]
        uint32_t lightgun_buttons
        int16_t pointer[8][2]
        uint8_t pointer_pressed[8]
        uint8_t pointer_offscreen[8]
        uint8_t keyboard[352]
        float accelerometer[3]
        float gyroscope[3]
        float illuminance

    cdef struct frontend_typing:
        uint16_t locks
        uint32_t text[1024]
        unsigned text_length

    cdef struct picture_observer:
        cbool (*see)(picture_observer *, cbool last, int format, const void *data, size_t pitch, unsigned width,
                     unsigned height, unsigned rotation) noexcept nogil
        void (*see_again)(picture_observer *, cbool last) noexcept nogil
        void (*take_back)(picture_observer *) noexcept nogil
    cdef struct kept_picture:
        uint8_t *pixels
        size_t capacity
        unsigned width
        unsigned height
        unsigned rotation
        int format
        bint exists
    cdef struct sent_picture:
        const void *data
        size_t pitch
        unsigned width
        unsigned height
        unsigned rotation
        int format
    cdef struct picture_trust:
        bint may_repeat
        unsigned steady_repeats
        unsigned steady_afterwards
        bint unsteady
    cdef struct picture_demand:
        bint enabled
        bint keep
        uint8_t *rgb
        unsigned width
        unsigned height
        size_t pitch
        bint written
        bint misfit
        picture_observer *observer
        bint observe_last
        bint observed_in_run
        uint64_t observed
    cdef struct picture_loan:
        bint offered
        bint lent
        uint8_t *pixels
        size_t capacity
        size_t pitch
        unsigned height
        int format
        uint64_t frame
    cdef struct frontend_video:
        int pixel_format
        unsigned rotation
        uint64_t sent
        uint64_t kept
        uint64_t repeats
        uint64_t pictures_in_run
        kept_picture picture
        sent_picture last
        picture_trust trust
        picture_demand demand
        picture_loan loan
        volatile int busy

    cdef struct foreign_audio:
        int16_t *samples
        size_t frames
        size_t capacity

    cdef struct frontend_audio:
        foreign_audio foreign
        int16_t *samples
        float *floats
        bint keeps_floats
        size_t frames
        size_t capacity
        bint enabled

    cdef struct frontend_states:
        size_t size
        size_t learned_size
        size_t written
        uint32_t holes[64][2]
        unsigned hole_count
        unsigned lessons
        uint8_t last_byte
        unsigned frames_first
        unsigned loads_watched
        bint awaits_frame
        int guard_outcome

    cdef struct frontend_disk:
        retro_disk_control_ext_callback control
        unsigned version
        int noted
        unsigned noted_index

    cdef struct frontend_content:
        arena memory
        retro_game_info *games
        retro_game_info_ext *infos
        size_t count

    cdef struct frontend_time_machine:
        void *rewind
        void *run_ahead
        bint silent
        bint called
        bint touched

    cdef struct call_record
    cdef struct frontend:
        callback_slot *slot
        const core_callbacks *callbacks
        volatile int busy
        uintptr_t busy_thread
        int fork_generation
        int phase
        bint shutdown
        bint crashed
        bint out_of_memory
        frontend_core core
        dylib library
        bint library_open
        skips skips
        guard guard
        libc_state libc
        bint contains_faults
        uint64_t time_limit_nsec
        call_watch *watch
        fault fault
        int stopped_for
        void (*last_call)(void *) noexcept
        unsigned last_command
        int failed_at_end
        bint unloaded
        frontend *next_lingering
        frontend_video video
        frontend_audio audio
        frontend_states states
        void *lent_state
        size_t lent_state_size
        frontend_time_machine time_machine
        frontend_timing timing
        port_input input[16]
        port_input live[16]
        unsigned input_ports
        unsigned live_ports
        uint8_t keyboard[352]
        frontend_typing typing
        uint16_t rumble[16][2]
        peripherals peripherals
        uint64_t frame_count
        uint64_t clock_nsec
        uint32_t files_written
        retro_system_av_info av_info
        bint av_info_known
        uint64_t geometry_changes
        char violation[256]
        char *system_directory
        char *save_directory
        char *assets_directory
        char *libretro_path
        char *playlist_directory
        char *browser_directory
        char *username
        int language
        int audio_video_enable
        int savestate_context
        frontend_content content
        vfs *files
        host host
        hardware_state hardware
        netpacket *netpacket
        call_record *calls
        bint support_no_game
        bint support_achievements
        bint told_of_achievements
        bint asked_can_dupe
        unsigned performance_level
        unsigned poll_type
        unsigned minimum_audio_latency
        uint64_t serialization_quirks
        retro_get_proc_address_interface proc_address
        retro_keyboard_callback keyboard_callback
        retro_frame_time_callback frame_time
        retro_audio_callback audio_callback
        retro_audio_buffer_status_callback audio_buffer_status
        frontend_disk disk
        retro_core_options_update_display_callback options_display
        platform_mutex lock
        arena options_arena
        declared_options *declared_options
        size_t declared_option_bytes
        core_option *options
        size_t option_count
        const option_category *option_categories
        size_t option_category_count
        option_override *option_overrides
        unsigned options_version
        bint options_changed
        bint display_is_old
        arena controllers_arena
        controller *controllers
        size_t controller_count
        arena descriptors_arena
        input_descriptor *descriptors
        size_t descriptor_count
        arena subsystems_arena
        subsystem *subsystems
        size_t subsystem_count
        arena overrides_arena
        content_override *content_overrides
        size_t content_override_count
        arena memory_arena
        arena retired
        memory_descriptor *memory_map
        size_t memory_map_count
        uint64_t memory_generation
        log_line *log_first
        log_line *log_last
        size_t log_bytes
        uint64_t log_dropped
        message *message_first
        message *message_last
        size_t message_count
        volatile int unheard

    enum:
        FRONTEND_NOTHING_UNHEARD
        FRONTEND_SOMETHING_UNHEARD
        FRONTEND_MUCH_UNHEARD

    frontend_callbacks_struct frontend_callbacks
    const char *frontend_callbacks_library

    int frontend_unheard(const frontend *)
    void frontend_note_unheard(frontend *)
    bint frontend_is_caller(const frontend *)
    uint64_t frontend_frames(const frontend *)
    void frontend_set_frames(frontend *, uint64_t)
    void frontend_count_frame(frontend *)
    void frontend_skip(frontend *, bint unseen, bint unheard)
    void frontend_compute_faster(frontend *, bint)
    bint frontend_acquire_slot(frontend *, char *message, size_t message_size)
    void frontend_release_slot(frontend *)
    void frontend_offer_files(frontend *, vfs *)
    int frontend_link(frontend *, const char *path, char *message, size_t message_size)
    const char *frontend_bind(frontend *)
    void frontend_start(frontend *)
    bint frontend_close(frontend *)
    void frontend_unload(void *)
    int frontend_call(frontend *, void (*call)(void *) noexcept nogil, void *argument)
    void frontend_violation(frontend *, const char *, ...)
    cbool frontend_clear_thread_waits(unsigned, void *) noexcept
    uint64_t frontend_cpu_features() noexcept
    void *arena_allocate(arena *, size_t)
    char *arena_string(arena *, const char *)
    void arena_join(arena *, arena *)
    void arena_free(arena *)


cdef extern from "call_record.h" nogil:
    enum:
        CALL_ENTRIES
        CALL_KINDS
        CALL_PICTURE_DATA
        CALL_PICTURE_REPEATED
        CALL_PICTURE_HARDWARE
    cdef struct call_command:
        unsigned command
        int entry
        bint foreign
        bint answer
        bint null
        bint withdrawn
        uint64_t count
        uint64_t order
        uint64_t frame
    cdef struct call_picture:
        unsigned width
        unsigned height
        unsigned max_width
        unsigned max_height
        size_t pitch
        int kind
        int format
        int entry
        bint foreign
        uint64_t count
        uint64_t frame
    cdef struct call_query:
        unsigned port
        unsigned device
        unsigned index
        unsigned id
        uint64_t count
        uint64_t frame
    cdef struct call_state_size:
        size_t size
        uint64_t count
        uint64_t frame
    cdef struct call_option_fault:
        char key[64]
        int kind
    cdef struct call_record:
        platform_mutex lock
        uint64_t left_out
        uint64_t calls[32]
        uint64_t nanoseconds[32]
        uint64_t longest[32]
        uint64_t returned[32]
        uint64_t float_modes_changed[32]
        uint64_t callbacks[8][32][2]
        uint64_t audio_frames
        uint64_t audio_null
        uint64_t largest_batch
        uint64_t unpolled
        bint unload_failed
        size_t command_count
        size_t picture_count
        size_t query_count
        size_t state_size_count
        size_t option_fault_count
        call_command commands[1024]
        call_picture pictures[512]
        call_query queries[4096]
        call_state_size state_sizes[64]
        call_option_fault option_faults[64]
    const char **call_entry_names
    const char **call_kind_names
    const char **call_option_fault_names
    void call_record_begin(call_record *, frontend *)
