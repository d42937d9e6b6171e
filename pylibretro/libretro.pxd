"""The libretro ABI as include/libretro.h declares it, under C's own names.

Callback types are ``noexcept nogil``: a core calls them from any thread and stack, so they never
enter Python and nothing can propagate out of them.
"""

from libc.stdint cimport int8_t, int16_t, int32_t, int64_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t


cdef extern from *:
    # C's one-byte bool: a plain bint would read four bytes of every struct field and answer.
    ctypedef bint cbool "bool"


cdef extern from "libretro.h" nogil:
    enum:
        RETRO_API_VERSION

    # input devices

    enum:
        RETRO_DEVICE_TYPE_SHIFT
        RETRO_DEVICE_MASK
        RETRO_DEVICE_NONE
        RETRO_DEVICE_JOYPAD
        RETRO_DEVICE_MOUSE
        RETRO_DEVICE_KEYBOARD
        RETRO_DEVICE_LIGHTGUN
        RETRO_DEVICE_ANALOG
        RETRO_DEVICE_POINTER
        RETRO_DEVICE_ID_JOYPAD_B
        RETRO_DEVICE_ID_JOYPAD_Y
        RETRO_DEVICE_ID_JOYPAD_SELECT
        RETRO_DEVICE_ID_JOYPAD_START
        RETRO_DEVICE_ID_JOYPAD_UP
        RETRO_DEVICE_ID_JOYPAD_DOWN
        RETRO_DEVICE_ID_JOYPAD_LEFT
        RETRO_DEVICE_ID_JOYPAD_RIGHT
        RETRO_DEVICE_ID_JOYPAD_A
        RETRO_DEVICE_ID_JOYPAD_X
        RETRO_DEVICE_ID_JOYPAD_L
        RETRO_DEVICE_ID_JOYPAD_R
        RETRO_DEVICE_ID_JOYPAD_L2
        RETRO_DEVICE_ID_JOYPAD_R2
        RETRO_DEVICE_ID_JOYPAD_L3
        RETRO_DEVICE_ID_JOYPAD_R3
        RETRO_DEVICE_ID_JOYPAD_MASK
        RETRO_DEVICE_INDEX_ANALOG_LEFT
        RETRO_DEVICE_INDEX_ANALOG_RIGHT
        RETRO_DEVICE_INDEX_ANALOG_BUTTON
        RETRO_DEVICE_ID_ANALOG_X
        RETRO_DEVICE_ID_ANALOG_Y
        RETRO_DEVICE_ID_MOUSE_X
        RETRO_DEVICE_ID_MOUSE_Y
        RETRO_DEVICE_ID_MOUSE_LEFT
        RETRO_DEVICE_ID_MOUSE_RIGHT
        RETRO_DEVICE_ID_MOUSE_WHEELUP
        RETRO_DEVICE_ID_MOUSE_WHEELDOWN
        RETRO_DEVICE_ID_MOUSE_MIDDLE
        RETRO_DEVICE_ID_MOUSE_HORIZ_WHEELUP
        RETRO_DEVICE_ID_MOUSE_HORIZ_WHEELDOWN
        RETRO_DEVICE_ID_MOUSE_BUTTON_4
        RETRO_DEVICE_ID_MOUSE_BUTTON_5
        RETRO_DEVICE_ID_LIGHTGUN_TRIGGER
        RETRO_DEVICE_ID_LIGHTGUN_AUX_A
        RETRO_DEVICE_ID_LIGHTGUN_AUX_B
        RETRO_DEVICE_ID_LIGHTGUN_START
        RETRO_DEVICE_ID_LIGHTGUN_SELECT
        RETRO_DEVICE_ID_LIGHTGUN_AUX_C
        RETRO_DEVICE_ID_LIGHTGUN_DPAD_UP
        RETRO_DEVICE_ID_LIGHTGUN_DPAD_DOWN
        RETRO_DEVICE_ID_LIGHTGUN_DPAD_LEFT
        RETRO_DEVICE_ID_LIGHTGUN_DPAD_RIGHT
        RETRO_DEVICE_ID_LIGHTGUN_SCREEN_X
        RETRO_DEVICE_ID_LIGHTGUN_SCREEN_Y
        RETRO_DEVICE_ID_LIGHTGUN_IS_OFFSCREEN
        RETRO_DEVICE_ID_LIGHTGUN_RELOAD
        RETRO_DEVICE_ID_LIGHTGUN_X
        RETRO_DEVICE_ID_LIGHTGUN_Y
        RETRO_DEVICE_ID_LIGHTGUN_CURSOR
        RETRO_DEVICE_ID_LIGHTGUN_TURBO
        RETRO_DEVICE_ID_LIGHTGUN_PAUSE
        RETRO_DEVICE_ID_POINTER_X
        RETRO_DEVICE_ID_POINTER_Y
        RETRO_DEVICE_ID_POINTER_PRESSED
        RETRO_DEVICE_ID_POINTER_COUNT
        RETRO_DEVICE_ID_POINTER_IS_OFFSCREEN

    unsigned RETRO_DEVICE_SUBCLASS(unsigned base, unsigned id)

    # what a core says of its console

    enum:
        RETRO_REGION_NTSC
        RETRO_REGION_PAL
        RETRO_MEMORY_MASK
        RETRO_MEMORY_SAVE_RAM
        RETRO_MEMORY_RTC
        RETRO_MEMORY_SYSTEM_RAM
        RETRO_MEMORY_VIDEO_RAM
        RETRO_MEMORY_ROM

    # languages

    enum retro_language:
        RETRO_LANGUAGE_ENGLISH
        RETRO_LANGUAGE_JAPANESE
        RETRO_LANGUAGE_FRENCH
        RETRO_LANGUAGE_SPANISH
        RETRO_LANGUAGE_GERMAN
        RETRO_LANGUAGE_ITALIAN
        RETRO_LANGUAGE_DUTCH
        RETRO_LANGUAGE_PORTUGUESE_BRAZIL
        RETRO_LANGUAGE_PORTUGUESE_PORTUGAL
        RETRO_LANGUAGE_RUSSIAN
        RETRO_LANGUAGE_KOREAN
        RETRO_LANGUAGE_CHINESE_TRADITIONAL
        RETRO_LANGUAGE_CHINESE_SIMPLIFIED
        RETRO_LANGUAGE_ESPERANTO
        RETRO_LANGUAGE_POLISH
        RETRO_LANGUAGE_VIETNAMESE
        RETRO_LANGUAGE_ARABIC
        RETRO_LANGUAGE_GREEK
        RETRO_LANGUAGE_TURKISH
        RETRO_LANGUAGE_SLOVAK
        RETRO_LANGUAGE_PERSIAN
        RETRO_LANGUAGE_HEBREW
        RETRO_LANGUAGE_ASTURIAN
        RETRO_LANGUAGE_FINNISH
        RETRO_LANGUAGE_INDONESIAN
        RETRO_LANGUAGE_SWEDISH
        RETRO_LANGUAGE_UKRAINIAN
        RETRO_LANGUAGE_CZECH
        RETRO_LANGUAGE_CATALAN_VALENCIA
        RETRO_LANGUAGE_CATALAN
        RETRO_LANGUAGE_BRITISH_ENGLISH
        RETRO_LANGUAGE_HUNGARIAN
        RETRO_LANGUAGE_BELARUSIAN
        RETRO_LANGUAGE_GALICIAN
        RETRO_LANGUAGE_NORWEGIAN
        RETRO_LANGUAGE_IRISH
        RETRO_LANGUAGE_THAI
        RETRO_LANGUAGE_LAST
        RETRO_LANGUAGE_DUMMY

    # keyboard

    enum retro_key:
        RETROK_UNKNOWN
        RETROK_FIRST
        RETROK_BACKSPACE
        RETROK_TAB
        RETROK_CLEAR
        RETROK_RETURN
        RETROK_PAUSE
        RETROK_ESCAPE
        RETROK_SPACE
        RETROK_EXCLAIM
        RETROK_QUOTEDBL
        RETROK_HASH
        RETROK_DOLLAR
        RETROK_AMPERSAND
        RETROK_QUOTE
        RETROK_LEFTPAREN
        RETROK_RIGHTPAREN
        RETROK_ASTERISK
        RETROK_PLUS
        RETROK_COMMA
        RETROK_MINUS
        RETROK_PERIOD
        RETROK_SLASH
        RETROK_0
        RETROK_1
        RETROK_2
        RETROK_3
        RETROK_4
        RETROK_5
        RETROK_6
        RETROK_7
        RETROK_8
        RETROK_9
        RETROK_COLON
        RETROK_SEMICOLON
        RETROK_LESS
        RETROK_EQUALS
        RETROK_GREATER
        RETROK_QUESTION
        RETROK_AT
        RETROK_LEFTBRACKET
        RETROK_BACKSLASH
        RETROK_RIGHTBRACKET
        RETROK_CARET
        RETROK_UNDERSCORE
        RETROK_BACKQUOTE
        RETROK_a
        RETROK_b
        RETROK_c
        RETROK_d
        RETROK_e
        RETROK_f
        RETROK_g
        RETROK_h
        RETROK_i
        RETROK_j
        RETROK_k
        RETROK_l
        RETROK_m
        RETROK_n
        RETROK_o
        RETROK_p
        RETROK_q
        RETROK_r
        RETROK_s
        RETROK_t
        RETROK_u
        RETROK_v
        RETROK_w
        RETROK_x
        RETROK_y
        RETROK_z
        RETROK_LEFTBRACE
        RETROK_BAR
        RETROK_RIGHTBRACE
        RETROK_TILDE
        RETROK_DELETE
        RETROK_KP0
        RETROK_KP1
        RETROK_KP2
        RETROK_KP3
        RETROK_KP4
        RETROK_KP5
        RETROK_KP6
        RETROK_KP7
        RETROK_KP8
        RETROK_KP9
        RETROK_KP_PERIOD
        RETROK_KP_DIVIDE
        RETROK_KP_MULTIPLY
        RETROK_KP_MINUS
        RETROK_KP_PLUS
        RETROK_KP_ENTER
        RETROK_KP_EQUALS
        RETROK_UP
        RETROK_DOWN
        RETROK_RIGHT
        RETROK_LEFT
        RETROK_INSERT
        RETROK_HOME
        RETROK_END
        RETROK_PAGEUP
        RETROK_PAGEDOWN
        RETROK_F1
        RETROK_F2
        RETROK_F3
        RETROK_F4
        RETROK_F5
        RETROK_F6
        RETROK_F7
        RETROK_F8
        RETROK_F9
        RETROK_F10
        RETROK_F11
        RETROK_F12
        RETROK_F13
        RETROK_F14
        RETROK_F15
        RETROK_NUMLOCK
        RETROK_CAPSLOCK
        RETROK_SCROLLOCK
        RETROK_RSHIFT
        RETROK_LSHIFT
        RETROK_RCTRL
        RETROK_LCTRL
        RETROK_RALT
        RETROK_LALT
        RETROK_RMETA
        RETROK_LMETA
        RETROK_LSUPER
        RETROK_RSUPER
        RETROK_MODE
        RETROK_COMPOSE
        RETROK_HELP
        RETROK_PRINT
        RETROK_SYSREQ
        RETROK_BREAK
        RETROK_MENU
        RETROK_POWER
        RETROK_EURO
        RETROK_UNDO
        RETROK_OEM_102
        RETROK_BROWSER_BACK
        RETROK_BROWSER_FORWARD
        RETROK_BROWSER_REFRESH
        RETROK_BROWSER_STOP
        RETROK_BROWSER_SEARCH
        RETROK_BROWSER_FAVORITES
        RETROK_BROWSER_HOME
        RETROK_VOLUME_MUTE
        RETROK_VOLUME_DOWN
        RETROK_VOLUME_UP
        RETROK_MEDIA_NEXT
        RETROK_MEDIA_PREV
        RETROK_MEDIA_STOP
        RETROK_MEDIA_PLAY_PAUSE
        RETROK_LAUNCH_MAIL
        RETROK_LAUNCH_MEDIA
        RETROK_LAUNCH_APP1
        RETROK_LAUNCH_APP2
        RETROK_LAST
        RETROK_DUMMY

    enum retro_mod:
        RETROKMOD_NONE
        RETROKMOD_SHIFT
        RETROKMOD_CTRL
        RETROKMOD_ALT
        RETROKMOD_META
        RETROKMOD_NUMLOCK
        RETROKMOD_CAPSLOCK
        RETROKMOD_SCROLLOCK
        RETROKMOD_DUMMY

    # environment commands

    enum:
        RETRO_ENVIRONMENT_EXPERIMENTAL
        RETRO_ENVIRONMENT_PRIVATE
        RETRO_ENVIRONMENT_SET_ROTATION
        RETRO_ENVIRONMENT_GET_OVERSCAN
        RETRO_ENVIRONMENT_GET_CAN_DUPE
        RETRO_ENVIRONMENT_SET_MESSAGE
        RETRO_ENVIRONMENT_SHUTDOWN
        RETRO_ENVIRONMENT_SET_PERFORMANCE_LEVEL
        RETRO_ENVIRONMENT_GET_SYSTEM_DIRECTORY
        RETRO_ENVIRONMENT_SET_PIXEL_FORMAT
        RETRO_ENVIRONMENT_SET_INPUT_DESCRIPTORS
        RETRO_ENVIRONMENT_SET_KEYBOARD_CALLBACK
        RETRO_ENVIRONMENT_SET_DISK_CONTROL_INTERFACE
        RETRO_ENVIRONMENT_SET_HW_RENDER
        RETRO_ENVIRONMENT_GET_VARIABLE
        RETRO_ENVIRONMENT_SET_VARIABLES
        RETRO_ENVIRONMENT_GET_VARIABLE_UPDATE
        RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME
        RETRO_ENVIRONMENT_GET_LIBRETRO_PATH
        RETRO_ENVIRONMENT_SET_FRAME_TIME_CALLBACK
        RETRO_ENVIRONMENT_SET_AUDIO_CALLBACK
        RETRO_ENVIRONMENT_GET_RUMBLE_INTERFACE
        RETRO_ENVIRONMENT_GET_INPUT_DEVICE_CAPABILITIES
        RETRO_ENVIRONMENT_GET_SENSOR_INTERFACE
        RETRO_ENVIRONMENT_GET_CAMERA_INTERFACE
        RETRO_ENVIRONMENT_GET_LOG_INTERFACE
        RETRO_ENVIRONMENT_GET_PERF_INTERFACE
        RETRO_ENVIRONMENT_GET_LOCATION_INTERFACE
        RETRO_ENVIRONMENT_GET_CORE_ASSETS_DIRECTORY
        RETRO_ENVIRONMENT_GET_CONTENT_DIRECTORY
        RETRO_ENVIRONMENT_GET_SAVE_DIRECTORY
        RETRO_ENVIRONMENT_SET_SYSTEM_AV_INFO
        RETRO_ENVIRONMENT_SET_PROC_ADDRESS_CALLBACK
        RETRO_ENVIRONMENT_SET_SUBSYSTEM_INFO
        RETRO_ENVIRONMENT_SET_CONTROLLER_INFO
        RETRO_ENVIRONMENT_SET_MEMORY_MAPS
        RETRO_ENVIRONMENT_SET_GEOMETRY
        RETRO_ENVIRONMENT_GET_USERNAME
        RETRO_ENVIRONMENT_GET_LANGUAGE
        RETRO_ENVIRONMENT_GET_CURRENT_SOFTWARE_FRAMEBUFFER
        RETRO_ENVIRONMENT_GET_HW_RENDER_INTERFACE
        RETRO_ENVIRONMENT_SET_SUPPORT_ACHIEVEMENTS
        RETRO_ENVIRONMENT_SET_HW_RENDER_CONTEXT_NEGOTIATION_INTERFACE
        RETRO_ENVIRONMENT_SET_HW_SHARED_CONTEXT
        RETRO_ENVIRONMENT_GET_VFS_INTERFACE
        RETRO_ENVIRONMENT_GET_LED_INTERFACE
        RETRO_ENVIRONMENT_GET_AUDIO_VIDEO_ENABLE
        RETRO_ENVIRONMENT_GET_MIDI_INTERFACE
        RETRO_ENVIRONMENT_GET_FASTFORWARDING
        RETRO_ENVIRONMENT_GET_TARGET_REFRESH_RATE
        RETRO_ENVIRONMENT_GET_INPUT_BITMASKS
        RETRO_ENVIRONMENT_GET_CORE_OPTIONS_VERSION
        RETRO_ENVIRONMENT_SET_CORE_OPTIONS
        RETRO_ENVIRONMENT_SET_CORE_OPTIONS_INTL
        RETRO_ENVIRONMENT_SET_CORE_OPTIONS_DISPLAY
        RETRO_ENVIRONMENT_GET_PREFERRED_HW_RENDER
        RETRO_ENVIRONMENT_GET_DISK_CONTROL_INTERFACE_VERSION
        RETRO_ENVIRONMENT_SET_DISK_CONTROL_EXT_INTERFACE
        RETRO_ENVIRONMENT_GET_MESSAGE_INTERFACE_VERSION
        RETRO_ENVIRONMENT_SET_MESSAGE_EXT
        RETRO_ENVIRONMENT_GET_INPUT_MAX_USERS
        RETRO_ENVIRONMENT_SET_AUDIO_BUFFER_STATUS_CALLBACK
        RETRO_ENVIRONMENT_SET_MINIMUM_AUDIO_LATENCY
        RETRO_ENVIRONMENT_SET_FASTFORWARDING_OVERRIDE
        RETRO_ENVIRONMENT_SET_CONTENT_INFO_OVERRIDE
        RETRO_ENVIRONMENT_GET_GAME_INFO_EXT
        RETRO_ENVIRONMENT_SET_CORE_OPTIONS_V2
        RETRO_ENVIRONMENT_SET_CORE_OPTIONS_V2_INTL
        RETRO_ENVIRONMENT_SET_CORE_OPTIONS_UPDATE_DISPLAY_CALLBACK
        RETRO_ENVIRONMENT_SET_VARIABLE
        RETRO_ENVIRONMENT_GET_THROTTLE_STATE
        RETRO_ENVIRONMENT_GET_SAVESTATE_CONTEXT
        RETRO_ENVIRONMENT_GET_HW_RENDER_CONTEXT_NEGOTIATION_INTERFACE_SUPPORT
        RETRO_ENVIRONMENT_GET_JIT_CAPABLE
        RETRO_ENVIRONMENT_GET_MICROPHONE_INTERFACE
        RETRO_ENVIRONMENT_GET_DEVICE_POWER
        RETRO_ENVIRONMENT_SET_NETPACKET_INTERFACE
        RETRO_ENVIRONMENT_GET_PLAYLIST_DIRECTORY
        RETRO_ENVIRONMENT_GET_FILE_BROWSER_START_DIRECTORY
        RETRO_ENVIRONMENT_GET_TARGET_SAMPLE_RATE
        RETRO_ENVIRONMENT_GET_NETPLAY_CLIENT_INDEX
        RETRO_ENVIRONMENT_EXEC_MEM_ALLOC
        RETRO_ENVIRONMENT_EXEC_MEM_FREE
        RETRO_ENVIRONMENT_GET_AUDIO_SAMPLE_BATCH_FLOAT
        RETRO_ENVIRONMENT_GET_MEMORY_STATUS
        RETRO_ENVIRONMENT_SET_SERIALIZATION_QUIRKS
        RETRO_ENVIRONMENT_GET_SCREEN_10BPC_CAPABLE
        RETRO_ENVIRONMENT_GET_HDR_PAPER_WHITE_NITS
        RETRO_ENVIRONMENT_GET_HDR_EXPAND_GAMUT
        RETRO_ENVIRONMENT_GET_HDR_OUTPUT_MODE
        RETRO_ENVIRONMENT_GET_HDR_MAX_NITS
        RETRO_ENVIRONMENT_GET_VFS_AUTHORIZED_LOCATIONS
        RETRO_ENVIRONMENT_GET_AUDIO_SAMPLE_BATCH_MULTI
        RETRO_ENVIRONMENT_RETROARCH_START_BLOCK
        RETRO_ENVIRONMENT_SET_SAVE_STATE_IN_BACKGROUND
        RETRO_ENVIRONMENT_GET_CLEAR_ALL_THREAD_WAITS_CB
        RETRO_ENVIRONMENT_POLL_TYPE_OVERRIDE
        RETRO_ENVIRONMENT_SET_SAVE_STATE_DISABLE_UNDO

    # virtual file system

    struct retro_vfs_file_handle:
        pass

    struct retro_vfs_dir_handle:
        pass

    enum:
        RETRO_VFS_FILE_ACCESS_READ
        RETRO_VFS_FILE_ACCESS_WRITE
        RETRO_VFS_FILE_ACCESS_READ_WRITE
        RETRO_VFS_FILE_ACCESS_UPDATE_EXISTING
        RETRO_VFS_FILE_ACCESS_HINT_NONE
        RETRO_VFS_FILE_ACCESS_HINT_FREQUENT_ACCESS
        RETRO_VFS_FILE_ACCESS_HINT_SEQUENTIAL_BULK
        RETRO_VFS_SEEK_POSITION_START
        RETRO_VFS_SEEK_POSITION_CURRENT
        RETRO_VFS_SEEK_POSITION_END
        RETRO_VFS_STAT_IS_VALID
        RETRO_VFS_STAT_IS_DIRECTORY
        RETRO_VFS_STAT_IS_CHARACTER_SPECIAL

    ctypedef const char *(*retro_vfs_get_path_t)(retro_vfs_file_handle *stream) noexcept nogil
    ctypedef retro_vfs_file_handle *(*retro_vfs_open_t)(
        const char *path, unsigned mode, unsigned hints
    ) noexcept nogil
    ctypedef int (*retro_vfs_close_t)(retro_vfs_file_handle *stream) noexcept nogil
    ctypedef int64_t (*retro_vfs_size_t)(retro_vfs_file_handle *stream) noexcept nogil
    ctypedef int64_t (*retro_vfs_tell_t)(retro_vfs_file_handle *stream) noexcept nogil
    ctypedef int64_t (*retro_vfs_seek_t)(
        retro_vfs_file_handle *stream, int64_t offset, int seek_position
    ) noexcept nogil
    ctypedef int64_t (*retro_vfs_read_t)(
        retro_vfs_file_handle *stream, void *s, uint64_t len
    ) noexcept nogil
    ctypedef int64_t (*retro_vfs_write_t)(
        retro_vfs_file_handle *stream, const void *s, uint64_t len
    ) noexcept nogil
    ctypedef int (*retro_vfs_flush_t)(retro_vfs_file_handle *stream) noexcept nogil
    ctypedef int (*retro_vfs_remove_t)(const char *path) noexcept nogil
    ctypedef int (*retro_vfs_rename_t)(const char *old_path, const char *new_path) noexcept nogil
    ctypedef int64_t (*retro_vfs_truncate_t)(
        retro_vfs_file_handle *stream, int64_t length
    ) noexcept nogil
    ctypedef int (*retro_vfs_stat_t)(const char *path, int32_t *size) noexcept nogil
    ctypedef int (*retro_vfs_mkdir_t)(const char *dir) noexcept nogil
    ctypedef retro_vfs_dir_handle *(*retro_vfs_opendir_t)(
        const char *dir, cbool include_hidden
    ) noexcept nogil
    ctypedef cbool (*retro_vfs_readdir_t)(retro_vfs_dir_handle *dirstream) noexcept nogil
    ctypedef const char *(*retro_vfs_dirent_get_name_t)(
        retro_vfs_dir_handle *dirstream
    ) noexcept nogil
    ctypedef cbool (*retro_vfs_dirent_is_dir_t)(retro_vfs_dir_handle *dirstream) noexcept nogil
    ctypedef int (*retro_vfs_closedir_t)(retro_vfs_dir_handle *dirstream) noexcept nogil
    ctypedef int (*retro_vfs_stat_64_t)(const char *path, int64_t *size) noexcept nogil

    struct retro_vfs_interface:
        retro_vfs_get_path_t get_path
        retro_vfs_open_t open
        retro_vfs_close_t close
        retro_vfs_size_t size
        retro_vfs_tell_t tell
        retro_vfs_seek_t seek
        retro_vfs_read_t read
        retro_vfs_write_t write
        retro_vfs_flush_t flush
        retro_vfs_remove_t remove
        retro_vfs_rename_t rename
        retro_vfs_truncate_t truncate
        retro_vfs_stat_t stat
        retro_vfs_mkdir_t mkdir
        retro_vfs_opendir_t opendir
        retro_vfs_readdir_t readdir
        retro_vfs_dirent_get_name_t dirent_get_name
        retro_vfs_dirent_is_dir_t dirent_is_dir
        retro_vfs_closedir_t closedir
        retro_vfs_stat_64_t stat_64

    struct retro_vfs_interface_info:
        uint32_t required_interface_version
        retro_vfs_interface *iface

    struct retro_vfs_authorized_location:
        const char *path
        const char *label
        unsigned flags

    struct retro_vfs_authorized_locations:
        const retro_vfs_authorized_location *locations
        size_t count

    # hardware rendering

    const void *RETRO_HW_FRAME_BUFFER_VALID

    enum retro_hw_render_interface_type:
        RETRO_HW_RENDER_INTERFACE_VULKAN
        RETRO_HW_RENDER_INTERFACE_D3D9
        RETRO_HW_RENDER_INTERFACE_D3D10
        RETRO_HW_RENDER_INTERFACE_D3D11
        RETRO_HW_RENDER_INTERFACE_D3D12
        RETRO_HW_RENDER_INTERFACE_GSKIT_PS2
        RETRO_HW_RENDER_INTERFACE_DUMMY

    struct retro_hw_render_interface:
        retro_hw_render_interface_type interface_type
        unsigned interface_version

    enum retro_hw_render_context_negotiation_interface_type:
        RETRO_HW_RENDER_CONTEXT_NEGOTIATION_INTERFACE_VULKAN
        RETRO_HW_RENDER_CONTEXT_NEGOTIATION_INTERFACE_DUMMY

    struct retro_hw_render_context_negotiation_interface:
        retro_hw_render_context_negotiation_interface_type interface_type
        unsigned interface_version

    ctypedef void (*retro_proc_address_t)() noexcept nogil
    ctypedef retro_proc_address_t (*retro_get_proc_address_t)(const char *sym) noexcept nogil
    ctypedef void (*retro_hw_context_reset_t)() noexcept nogil
    ctypedef uintptr_t (*retro_hw_get_current_framebuffer_t)() noexcept nogil
    ctypedef retro_proc_address_t (*retro_hw_get_proc_address_t)(const char *sym) noexcept nogil

    struct retro_get_proc_address_interface:
        retro_get_proc_address_t get_proc_address

    enum retro_hw_context_type:
        RETRO_HW_CONTEXT_NONE
        RETRO_HW_CONTEXT_OPENGL
        RETRO_HW_CONTEXT_OPENGLES2
        RETRO_HW_CONTEXT_OPENGL_CORE
        RETRO_HW_CONTEXT_OPENGLES3
        RETRO_HW_CONTEXT_OPENGLES_VERSION
        RETRO_HW_CONTEXT_VULKAN
        RETRO_HW_CONTEXT_D3D11
        RETRO_HW_CONTEXT_DIRECT3D
        RETRO_HW_CONTEXT_D3D10
        RETRO_HW_CONTEXT_D3D12
        RETRO_HW_CONTEXT_D3D9
        RETRO_HW_CONTEXT_DUMMY

    struct retro_hw_render_callback:
        retro_hw_context_type context_type
        retro_hw_context_reset_t context_reset
        retro_hw_get_current_framebuffer_t get_current_framebuffer
        retro_hw_get_proc_address_t get_proc_address
        cbool depth
        cbool stencil
        cbool bottom_left_origin
        unsigned version_major
        unsigned version_minor
        cbool cache_context
        retro_hw_context_reset_t context_destroy
        cbool debug_context

    # save states

    enum:
        RETRO_SERIALIZATION_QUIRK_INCOMPLETE
        RETRO_SERIALIZATION_QUIRK_MUST_INITIALIZE
        RETRO_SERIALIZATION_QUIRK_CORE_VARIABLE_SIZE
        RETRO_SERIALIZATION_QUIRK_FRONT_VARIABLE_SIZE
        RETRO_SERIALIZATION_QUIRK_SINGLE_SESSION
        RETRO_SERIALIZATION_QUIRK_ENDIAN_DEPENDENT
        RETRO_SERIALIZATION_QUIRK_PLATFORM_DEPENDENT

    enum retro_savestate_context:
        RETRO_SAVESTATE_CONTEXT_NORMAL
        RETRO_SAVESTATE_CONTEXT_RUNAHEAD_SAME_INSTANCE
        RETRO_SAVESTATE_CONTEXT_RUNAHEAD_SAME_BINARY
        RETRO_SAVESTATE_CONTEXT_ROLLBACK_NETPLAY
        RETRO_SAVESTATE_CONTEXT_UNKNOWN

    # memory maps

    enum:
        RETRO_MEMDESC_CONST
        RETRO_MEMDESC_BIGENDIAN
        RETRO_MEMDESC_SYSTEM_RAM
        RETRO_MEMDESC_SAVE_RAM
        RETRO_MEMDESC_VIDEO_RAM
        RETRO_MEMDESC_ALIGN_2
        RETRO_MEMDESC_ALIGN_4
        RETRO_MEMDESC_ALIGN_8
        RETRO_MEMDESC_MINSIZE_2
        RETRO_MEMDESC_MINSIZE_4
        RETRO_MEMDESC_MINSIZE_8

    struct retro_memory_descriptor:
        uint64_t flags
        void *ptr
        size_t offset
        size_t start
        size_t select
        size_t disconnect
        size_t len
        const char *addrspace

    struct retro_memory_map:
        const retro_memory_descriptor *descriptors
        unsigned num_descriptors

    # controllers and subsystems

    struct retro_controller_description:
        const char *desc
        unsigned id

    struct retro_controller_info:
        const retro_controller_description *types
        unsigned num_types

    struct retro_subsystem_memory_info:
        const char *extension
        unsigned type

    struct retro_subsystem_rom_info:
        const char *desc
        const char *valid_extensions
        cbool need_fullpath
        cbool block_extract
        cbool required
        const retro_subsystem_memory_info *memory
        unsigned num_memory

    struct retro_subsystem_info:
        const char *desc
        const char *ident
        const retro_subsystem_rom_info *roms
        unsigned num_roms
        unsigned id

    struct retro_input_descriptor:
        unsigned port
        unsigned device
        unsigned index
        unsigned id
        const char *description

    ctypedef void (*retro_keyboard_event_t)(
        cbool down, unsigned keycode, uint32_t character, uint16_t key_modifiers
    ) noexcept nogil

    struct retro_keyboard_callback:
        retro_keyboard_event_t callback

    # log and performance

    enum retro_log_level:
        RETRO_LOG_DEBUG
        RETRO_LOG_INFO
        RETRO_LOG_WARN
        RETRO_LOG_ERROR
        RETRO_LOG_DUMMY

    ctypedef void (*retro_log_printf_t)(retro_log_level level, const char *fmt, ...) noexcept nogil

    struct retro_log_callback:
        retro_log_printf_t log

    enum:
        RETRO_SIMD_SSE
        RETRO_SIMD_SSE2
        RETRO_SIMD_VMX
        RETRO_SIMD_VMX128
        RETRO_SIMD_AVX
        RETRO_SIMD_NEON
        RETRO_SIMD_SSE3
        RETRO_SIMD_SSSE3
        RETRO_SIMD_MMX
        RETRO_SIMD_MMXEXT
        RETRO_SIMD_SSE4
        RETRO_SIMD_SSE42
        RETRO_SIMD_AVX2
        RETRO_SIMD_VFPU
        RETRO_SIMD_PS
        RETRO_SIMD_AES
        RETRO_SIMD_VFPV3
        RETRO_SIMD_VFPV4
        RETRO_SIMD_POPCNT
        RETRO_SIMD_MOVBE
        RETRO_SIMD_CMOV
        RETRO_SIMD_ASIMD
        RETRO_SIMD_AVX512
        RETRO_SIMD_LZCNT
        RETRO_SIMD_PCLMUL
        RETRO_SIMD_CRC32
        RETRO_SIMD_SHA512
        RETRO_SIMD_SHA1
        RETRO_SIMD_SHA256
        RETRO_SIMD_FMA3
        RETRO_SIMD_FMA4

    ctypedef uint64_t retro_perf_tick_t
    ctypedef int64_t retro_time_t

    struct retro_perf_counter:
        const char *ident
        retro_perf_tick_t start
        retro_perf_tick_t total
        retro_perf_tick_t call_cnt
        cbool registered

    ctypedef retro_time_t (*retro_perf_get_time_usec_t)() noexcept nogil
    ctypedef uint64_t (*retro_get_cpu_features_t)() noexcept nogil
    ctypedef retro_perf_tick_t (*retro_perf_get_counter_t)() noexcept nogil
    ctypedef void (*retro_perf_register_t)(retro_perf_counter *counter) noexcept nogil
    ctypedef void (*retro_perf_start_t)(retro_perf_counter *counter) noexcept nogil
    ctypedef void (*retro_perf_stop_t)(retro_perf_counter *counter) noexcept nogil
    ctypedef void (*retro_perf_log_t)() noexcept nogil

    struct retro_perf_callback:
        retro_perf_get_time_usec_t get_time_usec
        retro_get_cpu_features_t get_cpu_features
        retro_perf_get_counter_t get_perf_counter
        retro_perf_register_t perf_register
        retro_perf_start_t perf_start
        retro_perf_stop_t perf_stop
        retro_perf_log_t perf_log

    # LED, MIDI, rumble, sensors

    ctypedef void (*retro_set_led_state_t)(int led, int state) noexcept nogil

    struct retro_led_interface:
        retro_set_led_state_t set_led_state

    ctypedef cbool (*retro_midi_input_enabled_t)() noexcept nogil
    ctypedef cbool (*retro_midi_output_enabled_t)() noexcept nogil
    ctypedef cbool (*retro_midi_read_t)(uint8_t *byte) noexcept nogil
    ctypedef cbool (*retro_midi_write_t)(uint8_t byte, uint32_t delta_time) noexcept nogil
    ctypedef cbool (*retro_midi_flush_t)() noexcept nogil

    struct retro_midi_interface:
        retro_midi_input_enabled_t input_enabled
        retro_midi_output_enabled_t output_enabled
        retro_midi_read_t read
        retro_midi_write_t write
        retro_midi_flush_t flush

    enum retro_rumble_effect:
        RETRO_RUMBLE_STRONG
        RETRO_RUMBLE_WEAK
        RETRO_RUMBLE_DUMMY

    ctypedef cbool (*retro_set_rumble_state_t)(
        unsigned port, retro_rumble_effect effect, uint16_t strength
    ) noexcept nogil

    struct retro_rumble_interface:
        retro_set_rumble_state_t set_rumble_state

    enum retro_sensor_action:
        RETRO_SENSOR_ACCELEROMETER_ENABLE
        RETRO_SENSOR_ACCELEROMETER_DISABLE
        RETRO_SENSOR_GYROSCOPE_ENABLE
        RETRO_SENSOR_GYROSCOPE_DISABLE
        RETRO_SENSOR_ILLUMINANCE_ENABLE
        RETRO_SENSOR_ILLUMINANCE_DISABLE
        RETRO_SENSOR_DUMMY

    enum:
        RETRO_SENSOR_ACCELEROMETER_X
        RETRO_SENSOR_ACCELEROMETER_Y
        RETRO_SENSOR_ACCELEROMETER_Z
        RETRO_SENSOR_GYROSCOPE_X
        RETRO_SENSOR_GYROSCOPE_Y
        RETRO_SENSOR_GYROSCOPE_Z
        RETRO_SENSOR_ILLUMINANCE

    ctypedef cbool (*retro_set_sensor_state_t)(
        unsigned port, retro_sensor_action action, unsigned rate
    ) noexcept nogil
    ctypedef float (*retro_sensor_get_input_t)(unsigned port, unsigned id) noexcept nogil

    struct retro_sensor_interface:
        retro_set_sensor_state_t set_sensor_state
        retro_sensor_get_input_t get_sensor_input

    # camera and location

    enum retro_camera_buffer:
        RETRO_CAMERA_BUFFER_OPENGL_TEXTURE
        RETRO_CAMERA_BUFFER_RAW_FRAMEBUFFER
        RETRO_CAMERA_BUFFER_DUMMY

    ctypedef cbool (*retro_camera_start_t)() noexcept nogil
    ctypedef void (*retro_camera_stop_t)() noexcept nogil
    ctypedef void (*retro_camera_lifetime_status_t)() noexcept nogil
    ctypedef void (*retro_camera_frame_raw_framebuffer_t)(
        const uint32_t *buffer, unsigned width, unsigned height, size_t pitch
    ) noexcept nogil
    ctypedef void (*retro_camera_frame_opengl_texture_t)(
        unsigned texture_id, unsigned texture_target, const float *affine
    ) noexcept nogil

    struct retro_camera_callback:
        uint64_t caps
        unsigned width
        unsigned height
        retro_camera_start_t start
        retro_camera_stop_t stop
        retro_camera_frame_raw_framebuffer_t frame_raw_framebuffer
        retro_camera_frame_opengl_texture_t frame_opengl_texture
        retro_camera_lifetime_status_t initialized
        retro_camera_lifetime_status_t deinitialized

    ctypedef cbool (*retro_location_start_t)() noexcept nogil
    ctypedef void (*retro_location_stop_t)() noexcept nogil
    ctypedef cbool (*retro_location_get_position_t)(
        double *lat, double *lon, double *horiz_accuracy, double *vert_accuracy
    ) noexcept nogil
    ctypedef void (*retro_location_set_interval_t)(
        unsigned interval_ms, unsigned interval_distance
    ) noexcept nogil
    ctypedef void (*retro_location_lifetime_status_t)() noexcept nogil

    struct retro_location_callback:
        retro_location_start_t start
        retro_location_stop_t stop
        retro_location_get_position_t get_position
        retro_location_set_interval_t set_interval
        retro_location_lifetime_status_t initialized
        retro_location_lifetime_status_t deinitialized

    # microphone

    enum:
        RETRO_MICROPHONE_INTERFACE_VERSION

    struct retro_microphone:
        pass
    ctypedef retro_microphone retro_microphone_t

    struct retro_microphone_params:
        unsigned rate

    ctypedef retro_microphone_params retro_microphone_params_t

    ctypedef retro_microphone_t *(*retro_open_mic_t)(
        const retro_microphone_params_t *params
    ) noexcept nogil
    ctypedef void (*retro_close_mic_t)(retro_microphone_t *microphone) noexcept nogil
    ctypedef cbool (*retro_get_mic_params_t)(
        const retro_microphone_t *microphone, retro_microphone_params_t *params
    ) noexcept nogil
    ctypedef cbool (*retro_set_mic_state_t)(
        retro_microphone_t *microphone, cbool state
    ) noexcept nogil
    ctypedef cbool (*retro_get_mic_state_t)(const retro_microphone_t *microphone) noexcept nogil
    ctypedef int (*retro_read_mic_t)(
        retro_microphone_t *microphone, int16_t *samples, size_t num_samples
    ) noexcept nogil

    struct retro_microphone_interface:
        unsigned interface_version
        retro_open_mic_t open_mic
        retro_close_mic_t close_mic
        retro_get_mic_params_t get_params
        retro_set_mic_state_t set_mic_state
        retro_get_mic_state_t get_mic_state
        retro_read_mic_t read_mic

    # multiplayer by packets

    enum:
        RETRO_NETPACKET_UNRELIABLE
        RETRO_NETPACKET_RELIABLE
        RETRO_NETPACKET_UNSEQUENCED
        RETRO_NETPACKET_FLUSH_HINT
        RETRO_NETPACKET_BROADCAST

    ctypedef void (*retro_netpacket_send_t)(
        int flags, const void *buf, size_t len, uint16_t client_id
    ) noexcept nogil
    ctypedef void (*retro_netpacket_poll_receive_t)() noexcept nogil
    ctypedef void (*retro_netpacket_start_t)(
        uint16_t client_id,
        retro_netpacket_send_t send_fn,
        retro_netpacket_poll_receive_t poll_receive_fn,
    ) noexcept nogil
    ctypedef void (*retro_netpacket_receive_t)(
        const void *buf, size_t len, uint16_t client_id
    ) noexcept nogil
    ctypedef void (*retro_netpacket_stop_t)() noexcept nogil
    ctypedef void (*retro_netpacket_poll_t)() noexcept nogil
    ctypedef cbool (*retro_netpacket_connected_t)(uint16_t client_id) noexcept nogil
    ctypedef void (*retro_netpacket_disconnected_t)(uint16_t client_id) noexcept nogil

    struct retro_netpacket_callback:
        retro_netpacket_start_t start
        retro_netpacket_receive_t receive
        retro_netpacket_stop_t stop
        retro_netpacket_poll_t poll
        retro_netpacket_connected_t connected
        retro_netpacket_disconnected_t disconnected
        const char *protocol_version

    # the device the frontend runs on

    enum retro_power_state:
        RETRO_POWERSTATE_UNKNOWN
        RETRO_POWERSTATE_DISCHARGING
        RETRO_POWERSTATE_CHARGING
        RETRO_POWERSTATE_CHARGED
        RETRO_POWERSTATE_PLUGGED_IN

    enum:
        RETRO_POWERSTATE_NO_ESTIMATE

    struct retro_device_power:
        retro_power_state state
        int seconds
        int8_t percent

    struct retro_memory_status:
        uint64_t free
        uint64_t total

    enum:
        RETRO_EXEC_MEM_MODE_UNAVAILABLE
        RETRO_EXEC_MEM_MODE_UNRESTRICTED
        RETRO_EXEC_MEM_MODE_RWX
        RETRO_EXEC_MEM_MODE_WX_TOGGLE
        RETRO_EXEC_MEM_MODE_DUAL_MAP

    struct retro_exec_mem_alloc:
        unsigned version
        size_t size
        unsigned mode
        void *rx
        void *rw

    struct retro_exec_mem_free:
        void *rx

    # disks

    struct retro_game_info

    ctypedef cbool (*retro_set_eject_state_t)(cbool ejected) noexcept nogil
    ctypedef cbool (*retro_get_eject_state_t)() noexcept nogil
    ctypedef unsigned (*retro_get_image_index_t)() noexcept nogil
    ctypedef cbool (*retro_set_image_index_t)(unsigned index) noexcept nogil
    ctypedef unsigned (*retro_get_num_images_t)() noexcept nogil
    ctypedef cbool (*retro_replace_image_index_t)(
        unsigned index, const retro_game_info *info
    ) noexcept nogil
    ctypedef cbool (*retro_add_image_index_t)() noexcept nogil
    ctypedef cbool (*retro_set_initial_image_t)(unsigned index, const char *path) noexcept nogil
    ctypedef cbool (*retro_get_image_path_t)(unsigned index, char *s, size_t len) noexcept nogil
    ctypedef cbool (*retro_get_image_label_t)(unsigned index, char *s, size_t len) noexcept nogil

    struct retro_disk_control_callback:
        retro_set_eject_state_t set_eject_state
        retro_get_eject_state_t get_eject_state
        retro_get_image_index_t get_image_index
        retro_set_image_index_t set_image_index
        retro_get_num_images_t get_num_images
        retro_replace_image_index_t replace_image_index
        retro_add_image_index_t add_image_index

    struct retro_disk_control_ext_callback:
        retro_set_eject_state_t set_eject_state
        retro_get_eject_state_t get_eject_state
        retro_get_image_index_t get_image_index
        retro_set_image_index_t set_image_index
        retro_get_num_images_t get_num_images
        retro_replace_image_index_t replace_image_index
        retro_add_image_index_t add_image_index
        retro_set_initial_image_t set_initial_image
        retro_get_image_path_t get_image_path
        retro_get_image_label_t get_image_label

    # video

    enum retro_pixel_format:
        RETRO_PIXEL_FORMAT_0RGB1555
        RETRO_PIXEL_FORMAT_XRGB8888
        RETRO_PIXEL_FORMAT_RGB565
        RETRO_PIXEL_FORMAT_XRGB2101010
        RETRO_PIXEL_FORMAT_HDR10_2101010
        RETRO_PIXEL_FORMAT_UNKNOWN

    struct retro_game_geometry:
        unsigned base_width
        unsigned base_height
        unsigned max_width
        unsigned max_height
        float aspect_ratio

    struct retro_system_timing:
        double fps
        double sample_rate

    struct retro_system_av_info:
        retro_game_geometry geometry
        retro_system_timing timing

    enum:
        RETRO_MEMORY_ACCESS_WRITE
        RETRO_MEMORY_ACCESS_READ
        RETRO_MEMORY_TYPE_CACHED

    struct retro_framebuffer:
        void *data
        unsigned width
        unsigned height
        size_t pitch
        retro_pixel_format format
        unsigned access_flags
        unsigned memory_flags

    enum retro_av_enable_flags:
        RETRO_AV_ENABLE_VIDEO
        RETRO_AV_ENABLE_AUDIO
        RETRO_AV_ENABLE_FAST_SAVESTATES
        RETRO_AV_ENABLE_HARD_DISABLE_AUDIO
        RETRO_AV_ENABLE_DUMMY

    # audio

    ctypedef void (*retro_audio_callback_t)() noexcept nogil
    ctypedef void (*retro_audio_set_state_callback_t)(cbool enabled) noexcept nogil

    struct retro_audio_callback:
        retro_audio_callback_t callback
        retro_audio_set_state_callback_t set_state

    ctypedef void (*retro_audio_buffer_status_callback_t)(
        cbool active, unsigned occupancy, cbool underrun_likely
    ) noexcept nogil

    struct retro_audio_buffer_status_callback:
        retro_audio_buffer_status_callback_t callback

    ctypedef size_t (*retro_audio_sample_batch_float_t)(
        const float *data, size_t frames
    ) noexcept nogil

    struct retro_audio_sample_float_callback:
        retro_audio_sample_batch_float_t batch

    enum:
        RETRO_AUDIO_SPEAKER_FRONT_LEFT
        RETRO_AUDIO_SPEAKER_FRONT_RIGHT
        RETRO_AUDIO_SPEAKER_FRONT_CENTER
        RETRO_AUDIO_SPEAKER_LOW_FREQUENCY
        RETRO_AUDIO_SPEAKER_BACK_LEFT
        RETRO_AUDIO_SPEAKER_BACK_RIGHT
        RETRO_AUDIO_SPEAKER_FRONT_LEFT_OF_CENTER
        RETRO_AUDIO_SPEAKER_FRONT_RIGHT_OF_CENTER
        RETRO_AUDIO_SPEAKER_BACK_CENTER
        RETRO_AUDIO_SPEAKER_SIDE_LEFT
        RETRO_AUDIO_SPEAKER_SIDE_RIGHT

    ctypedef size_t (*retro_audio_sample_batch_multi_int16_t)(
        const int16_t *data, size_t frames, unsigned channels, unsigned layout
    ) noexcept nogil
    ctypedef size_t (*retro_audio_sample_batch_multi_float_t)(
        const float *data, size_t frames, unsigned channels, unsigned layout
    ) noexcept nogil

    struct retro_audio_sample_multi_callback:
        retro_audio_sample_batch_multi_int16_t batch_int16
        retro_audio_sample_batch_multi_float_t batch_float

    # time

    ctypedef int64_t retro_usec_t
    ctypedef void (*retro_frame_time_callback_t)(retro_usec_t usec) noexcept nogil

    struct retro_frame_time_callback:
        retro_frame_time_callback_t callback
        retro_usec_t reference

    struct retro_fastforwarding_override:
        float ratio
        cbool fastforward
        cbool notification
        cbool inhibit_toggle

    enum:
        RETRO_THROTTLE_NONE
        RETRO_THROTTLE_FRAME_STEPPING
        RETRO_THROTTLE_FAST_FORWARD
        RETRO_THROTTLE_SLOW_MOTION
        RETRO_THROTTLE_REWINDING
        RETRO_THROTTLE_VSYNC
        RETRO_THROTTLE_UNBLOCKED

    struct retro_throttle_state:
        unsigned mode
        float rate

    # messages

    struct retro_message:
        const char *msg
        unsigned frames

    enum retro_message_target:
        RETRO_MESSAGE_TARGET_ALL
        RETRO_MESSAGE_TARGET_OSD
        RETRO_MESSAGE_TARGET_LOG

    enum retro_message_type:
        RETRO_MESSAGE_TYPE_NOTIFICATION
        RETRO_MESSAGE_TYPE_NOTIFICATION_ALT
        RETRO_MESSAGE_TYPE_STATUS
        RETRO_MESSAGE_TYPE_PROGRESS

    struct retro_message_ext:
        const char *msg
        unsigned duration
        unsigned priority
        retro_log_level level
        retro_message_target target
        retro_message_type type
        int8_t progress

    # core options

    struct retro_variable:
        const char *key
        const char *value

    struct retro_core_option_display:
        const char *key
        cbool visible

    enum:
        RETRO_NUM_CORE_OPTION_VALUES_MAX

    struct retro_core_option_value:
        const char *value
        const char *label

    struct retro_core_option_definition:
        const char *key
        const char *desc
        const char *info
        retro_core_option_value values[RETRO_NUM_CORE_OPTION_VALUES_MAX]
        const char *default_value

    struct retro_core_options_intl:
        retro_core_option_definition *us
        retro_core_option_definition *local

    struct retro_core_option_v2_category:
        const char *key
        const char *desc
        const char *info

    struct retro_core_option_v2_definition:
        const char *key
        const char *desc
        const char *desc_categorized
        const char *info
        const char *info_categorized
        const char *category_key
        retro_core_option_value values[RETRO_NUM_CORE_OPTION_VALUES_MAX]
        const char *default_value

    struct retro_core_options_v2:
        retro_core_option_v2_category *categories
        retro_core_option_v2_definition *definitions

    struct retro_core_options_v2_intl:
        retro_core_options_v2 *us
        retro_core_options_v2 *local

    ctypedef cbool (*retro_core_options_update_display_callback_t)() noexcept nogil

    struct retro_core_options_update_display_callback:
        retro_core_options_update_display_callback_t callback

    # the core and its content

    struct retro_system_info:
        const char *library_name
        const char *library_version
        const char *valid_extensions
        cbool need_fullpath
        cbool block_extract

    struct retro_system_content_info_override:
        const char *extensions
        cbool need_fullpath
        cbool persistent_data

    struct retro_game_info:
        const char *path
        const void *data
        size_t size
        const char *meta

    struct retro_game_info_ext:
        const char *full_path
        const char *archive_path
        const char *archive_file
        const char *dir
        const char *name
        const char *ext
        const char *meta
        const void *data
        size_t size
        cbool file_in_archive
        cbool persistent_data

    # what a frontend gives a core

    ctypedef cbool (*retro_environment_t)(unsigned cmd, void *data) noexcept nogil
    ctypedef void (*retro_video_refresh_t)(
        const void *data, unsigned width, unsigned height, size_t pitch
    ) noexcept nogil
    ctypedef void (*retro_audio_sample_t)(int16_t left, int16_t right) noexcept nogil
    ctypedef size_t (*retro_audio_sample_batch_t)(const int16_t *data, size_t frames) noexcept nogil
    ctypedef void (*retro_input_poll_t)() noexcept nogil
    ctypedef int16_t (*retro_input_state_t)(
        unsigned port, unsigned device, unsigned index, unsigned id
    ) noexcept nogil
