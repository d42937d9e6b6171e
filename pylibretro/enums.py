"""libretro's constants as Python enumerations, under libretro's own names.

A member is its C constant without the prefix: ``Device.JOYPAD`` is ``RETRO_DEVICE_JOYPAD``. Every
member is an ``int``, so the plain number is accepted wherever a member is, and unknown numbers a
core may send stay numbers.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

__all__ = [
    "AnalogStick",
    "Device",
    "EnvironmentCommand",
    "HardwareContextType",
    "Joypad",
    "Key",
    "KeyModifier",
    "Language",
    "Lightgun",
    "LogLevel",
    "MemoryFlag",
    "MemoryType",
    "MessageTarget",
    "MessageType",
    "Mouse",
    "NetpacketFlag",
    "PixelFormat",
    "Pointer",
    "PowerState",
    "Region",
    "Rotation",
    "RumbleEffect",
    "SavestateContext",
    "Sensor",
    "SerializationQuirk",
    "ThrottleMode",
]

_EXPERIMENTAL = 0x10000
_RETROARCH = 0x800000
_DEVICE_TYPE_SHIFT = 8
_DEVICE_MASK = 0xFF


class Joypad(IntFlag):
    """Buttons of the joypad, as bits to be combined with ``|``.

    The bit of a button is ``1 << RETRO_DEVICE_ID_JOYPAD_*``, the layout that
    ``RETRO_DEVICE_ID_JOYPAD_MASK`` answers with. The letters are those of a Super Nintendo pad:
    B is the lower button, A the right, Y the left and X the upper one. Sixteen buttons fit a
    ``numpy.uint16``.

    >>> (Joypad.RIGHT | Joypad.B).value
    129
    >>> Joypad.START.id
    3
    """

    B = 1 << 0
    Y = 1 << 1
    SELECT = 1 << 2
    START = 1 << 3
    UP = 1 << 4
    DOWN = 1 << 5
    LEFT = 1 << 6
    RIGHT = 1 << 7
    A = 1 << 8
    X = 1 << 9
    L = 1 << 10
    R = 1 << 11
    L2 = 1 << 12
    R2 = 1 << 13
    L3 = 1 << 14
    R3 = 1 << 15

    @property
    def id(self) -> int:
        """The ``RETRO_DEVICE_ID_JOYPAD_*`` number of a single button, 0 to 15.

        Raises:
            ValueError: the value holds no button or several.

        >>> Joypad.R3.id
        15
        """
        if self <= 0 or self & (self - 1):
            raise ValueError(
                f"a libretro button id belongs to exactly one button, but {self!r} is not one; "
                "ask each button of the combination for its id"
            )
        return int(self).bit_length() - 1

    @classmethod
    def from_id(cls, id: int) -> Joypad:
        """The button with a ``RETRO_DEVICE_ID_JOYPAD_*`` number.

        Args:
            id: 0 to 15.

        Raises:
            ValueError: the number is not a button's.

        >>> Joypad.from_id(8) is Joypad.A
        True
        """
        if not 0 <= id < 16:
            raise ValueError(f"a libretro joypad button id is 0 to 15, not {id}")
        return cls(1 << id)


class Device(IntEnum):
    """Kinds of input device that can be plugged into a port (``RETRO_DEVICE_*``).

    A core may offer variants of a kind, listed in ``Core.controllers``; their numbers are made
    by `subclass`.
    """

    NONE = 0
    JOYPAD = 1
    MOUSE = 2
    KEYBOARD = 3
    LIGHTGUN = 4
    ANALOG = 5
    POINTER = 6

    def subclass(self, id: int) -> int:
        """A core's own variant of this device (``RETRO_DEVICE_SUBCLASS(base, id)``).

        Args:
            id: the variant's number in the core, from 0.

        Returns:
            The device number to plug in.

        Raises:
            ValueError: `id` is negative.

        >>> Device.JOYPAD.subclass(0)
        257
        """
        if id < 0:
            raise ValueError(f"a libretro device variant is numbered from 0, not {id}")
        return ((id + 1) << _DEVICE_TYPE_SHIFT) | int(self)

    @staticmethod
    def base(device: int) -> Device:
        """The kind of a device or of a core's variant of it (``RETRO_DEVICE_MASK``).

        Args:
            device: a device number, with or without a variant.

        Raises:
            ValueError: libretro knows no such kind.

        >>> Device.base(257)
        <Device.JOYPAD: 1>
        """
        return Device(device & _DEVICE_MASK)


class Mouse(IntEnum):
    """What can be asked of a mouse (``RETRO_DEVICE_ID_MOUSE_*``).

    X and Y are movement since the previous frame, in pixels; the others are 0 or 1.
    """

    X = 0
    Y = 1
    LEFT = 2
    RIGHT = 3
    WHEELUP = 4
    WHEELDOWN = 5
    MIDDLE = 6
    HORIZ_WHEELUP = 7
    HORIZ_WHEELDOWN = 8
    BUTTON_4 = 9
    BUTTON_5 = 10


class Lightgun(IntEnum):
    """What can be asked of a light gun (``RETRO_DEVICE_ID_LIGHTGUN_*``).

    SCREEN_X and SCREEN_Y run from -0x7FFF to 0x7FFF over the picture. X, Y, CURSOR, TURBO and
    PAUSE are the older relative interface; CURSOR and TURBO are other names of AUX_A and AUX_B.
    """

    TRIGGER = 2
    AUX_A = 3
    AUX_B = 4
    START = 6
    SELECT = 7
    AUX_C = 8
    DPAD_UP = 9
    DPAD_DOWN = 10
    DPAD_LEFT = 11
    DPAD_RIGHT = 12
    SCREEN_X = 13
    SCREEN_Y = 14
    IS_OFFSCREEN = 15
    RELOAD = 16
    X = 0
    Y = 1
    CURSOR = 3
    TURBO = 4
    PAUSE = 5


class Pointer(IntEnum):
    """What can be asked of a touch (``RETRO_DEVICE_ID_POINTER_*``).

    X and Y run from -0x7FFF to 0x7FFF over the picture; COUNT is the number of touches.
    """

    X = 0
    Y = 1
    PRESSED = 2
    COUNT = 3
    IS_OFFSCREEN = 15


class AnalogStick(IntEnum):
    """The two sticks of an analog pad (``RETRO_DEVICE_INDEX_ANALOG_*``)."""

    LEFT = 0
    RIGHT = 1


class Key(IntEnum):
    """Keys of the keyboard (``RETROK_*``).

    Letters are upper case here (``Key.A`` is ``RETROK_a``) and the digits of the main block are
    ``DIGIT_0`` to ``DIGIT_9``, because a Python name cannot begin with a digit.

    >>> Key.RETURN.value
    13
    >>> chr(Key.DIGIT_7)
    '7'
    """

    UNKNOWN = 0
    BACKSPACE = 8
    TAB = 9
    CLEAR = 12
    RETURN = 13
    PAUSE = 19
    ESCAPE = 27
    SPACE = 32
    EXCLAIM = 33
    QUOTEDBL = 34
    HASH = 35
    DOLLAR = 36
    AMPERSAND = 38
    QUOTE = 39
    LEFTPAREN = 40
    RIGHTPAREN = 41
    ASTERISK = 42
    PLUS = 43
    COMMA = 44
    MINUS = 45
    PERIOD = 46
    SLASH = 47
    DIGIT_0 = 48
    DIGIT_1 = 49
    DIGIT_2 = 50
    DIGIT_3 = 51
    DIGIT_4 = 52
    DIGIT_5 = 53
    DIGIT_6 = 54
    DIGIT_7 = 55
    DIGIT_8 = 56
    DIGIT_9 = 57
    COLON = 58
    SEMICOLON = 59
    LESS = 60
    EQUALS = 61
    GREATER = 62
    QUESTION = 63
    AT = 64
    LEFTBRACKET = 91
    BACKSLASH = 92
    RIGHTBRACKET = 93
    CARET = 94
    UNDERSCORE = 95
    BACKQUOTE = 96
    A = 97
    B = 98
    C = 99
    D = 100
    E = 101
    F = 102
    G = 103
    H = 104
    I = 105  # noqa: E741 - the key is called I
    J = 106
    K = 107
    L = 108
    M = 109
    N = 110
    O = 111  # noqa: E741 - the key is called O
    P = 112
    Q = 113
    R = 114
    S = 115
    T = 116
    U = 117
    V = 118
    W = 119
    X = 120
    Y = 121
    Z = 122
    LEFTBRACE = 123
    BAR = 124
    RIGHTBRACE = 125
    TILDE = 126
    DELETE = 127
    KP0 = 256
    KP1 = 257
    KP2 = 258
    KP3 = 259
    KP4 = 260
    KP5 = 261
    KP6 = 262
    KP7 = 263
    KP8 = 264
    KP9 = 265
    KP_PERIOD = 266
    KP_DIVIDE = 267
    KP_MULTIPLY = 268
    KP_MINUS = 269
    KP_PLUS = 270
    KP_ENTER = 271
    KP_EQUALS = 272
    UP = 273
    DOWN = 274
    RIGHT = 275
    LEFT = 276
    INSERT = 277
    HOME = 278
    END = 279
    PAGEUP = 280
    PAGEDOWN = 281
    F1 = 282
    F2 = 283
    F3 = 284
    F4 = 285
    F5 = 286
    F6 = 287
    F7 = 288
    F8 = 289
    F9 = 290
    F10 = 291
    F11 = 292
    F12 = 293
    F13 = 294
    F14 = 295
    F15 = 296
    NUMLOCK = 300
    CAPSLOCK = 301
    SCROLLOCK = 302
    RSHIFT = 303
    LSHIFT = 304
    RCTRL = 305
    LCTRL = 306
    RALT = 307
    LALT = 308
    RMETA = 309
    LMETA = 310
    LSUPER = 311
    RSUPER = 312
    MODE = 313
    COMPOSE = 314
    HELP = 315
    PRINT = 316
    SYSREQ = 317
    BREAK = 318
    MENU = 319
    POWER = 320
    EURO = 321
    UNDO = 322
    OEM_102 = 323
    BROWSER_BACK = 324
    BROWSER_FORWARD = 325
    BROWSER_REFRESH = 326
    BROWSER_STOP = 327
    BROWSER_SEARCH = 328
    BROWSER_FAVORITES = 329
    BROWSER_HOME = 330
    VOLUME_MUTE = 331
    VOLUME_DOWN = 332
    VOLUME_UP = 333
    MEDIA_NEXT = 334
    MEDIA_PREV = 335
    MEDIA_STOP = 336
    MEDIA_PLAY_PAUSE = 337
    LAUNCH_MAIL = 338
    LAUNCH_MEDIA = 339
    LAUNCH_APP1 = 340
    LAUNCH_APP2 = 341


class KeyModifier(IntFlag):
    """Modifiers held while a key goes down (``RETROKMOD_*``)."""

    SHIFT = 1 << 0
    CTRL = 1 << 1
    ALT = 1 << 2
    META = 1 << 3
    NUMLOCK = 1 << 4
    CAPSLOCK = 1 << 5
    SCROLLOCK = 1 << 6


class PixelFormat(IntEnum):
    """How a core stores pixels (``enum retro_pixel_format``), in the machine's byte order.

    RGB1555 is libretro's ``0RGB1555``: 5 bits a colour, the top bit unused. XRGB2101010 and
    HDR10_2101010 hold 10 bits a colour in 32; the latter is PQ-encoded Rec. 2020.
    """

    RGB1555 = 0
    XRGB8888 = 1
    RGB565 = 2
    XRGB2101010 = 3
    HDR10_2101010 = 4


class HardwareContextType(IntEnum):
    """What cores draw with besides the processor (``enum retro_hw_context_type``).

    OPENGL is the newest version with all older functions; OPENGL_CORE and OPENGLES_VERSION have the
    version that a core asks for. DIRECT3D is the older name of D3D11.
    """

    NONE = 0
    OPENGL = 1
    OPENGLES2 = 2
    OPENGL_CORE = 3
    OPENGLES3 = 4
    OPENGLES_VERSION = 5
    VULKAN = 6
    D3D11 = 7
    DIRECT3D = 7
    D3D10 = 8
    D3D12 = 9
    D3D9 = 10


class MemoryType(IntEnum):
    """Memory that a core can hand out (``RETRO_MEMORY_*``)."""

    SAVE_RAM = 0
    RTC = 1
    SYSTEM_RAM = 2
    VIDEO_RAM = 3
    ROM = 4


class MemoryFlag(IntFlag):
    """What a memory descriptor says about its memory (``RETRO_MEMDESC_*``).

    ALIGN and MINSIZE are numbers in two-bit fields, not single bits: ALIGN_8 contains the bits
    of ALIGN_2 and ALIGN_4.
    """

    CONST = 1 << 0
    BIGENDIAN = 1 << 1
    SYSTEM_RAM = 1 << 2
    SAVE_RAM = 1 << 3
    VIDEO_RAM = 1 << 4
    ALIGN_2 = 1 << 16
    ALIGN_4 = 2 << 16
    ALIGN_8 = 3 << 16
    MINSIZE_2 = 1 << 24
    MINSIZE_4 = 2 << 24
    MINSIZE_8 = 3 << 24


class ThrottleMode(IntEnum):
    """How a frontend paces frames (``RETRO_THROTTLE_*``)."""

    NONE = 0
    FRAME_STEPPING = 1
    FAST_FORWARD = 2
    SLOW_MOTION = 3
    REWINDING = 4
    VSYNC = 5
    UNBLOCKED = 6


class PowerState(IntEnum):
    """Where a device's power comes from (``RETRO_POWERSTATE_*``)."""

    UNKNOWN = 0
    DISCHARGING = 1
    CHARGING = 2
    CHARGED = 3
    PLUGGED_IN = 4


class Region(IntEnum):
    """The television standard of the running game (``RETRO_REGION_*``)."""

    NTSC = 0
    PAL = 1


class Rotation(IntEnum):
    """Counter-clockwise turn of the picture, as ``RETRO_ENVIRONMENT_SET_ROTATION`` counts it.

    The number is in quarter turns, so ``numpy.rot90(raw_frame, rotation)`` turns it upright.
    """

    DEGREES_0 = 0
    DEGREES_90 = 1
    DEGREES_180 = 2
    DEGREES_270 = 3


class LogLevel(IntEnum):
    """Severity of a line that a core logs (``enum retro_log_level``)."""

    DEBUG = 0
    INFO = 1
    WARN = 2
    ERROR = 3


class Language(IntEnum):
    """Languages a core may be asked to speak (``enum retro_language``)."""

    ENGLISH = 0
    JAPANESE = 1
    FRENCH = 2
    SPANISH = 3
    GERMAN = 4
    ITALIAN = 5
    DUTCH = 6
    PORTUGUESE_BRAZIL = 7
    PORTUGUESE_PORTUGAL = 8
    RUSSIAN = 9
    KOREAN = 10
    CHINESE_TRADITIONAL = 11
    CHINESE_SIMPLIFIED = 12
    ESPERANTO = 13
    POLISH = 14
    VIETNAMESE = 15
    ARABIC = 16
    GREEK = 17
    TURKISH = 18
    SLOVAK = 19
    PERSIAN = 20
    HEBREW = 21
    ASTURIAN = 22
    FINNISH = 23
    INDONESIAN = 24
    SWEDISH = 25
    UKRAINIAN = 26
    CZECH = 27
    CATALAN_VALENCIA = 28
    CATALAN = 29
    BRITISH_ENGLISH = 30
    HUNGARIAN = 31
    BELARUSIAN = 32
    GALICIAN = 33
    NORWEGIAN = 34
    IRISH = 35
    THAI = 36


class SerializationQuirk(IntFlag):
    """What a core says about its save states (``RETRO_SERIALIZATION_QUIRK_*``)."""

    INCOMPLETE = 1 << 0
    MUST_INITIALIZE = 1 << 1
    CORE_VARIABLE_SIZE = 1 << 2
    FRONT_VARIABLE_SIZE = 1 << 3
    SINGLE_SESSION = 1 << 4
    ENDIAN_DEPENDENT = 1 << 5
    PLATFORM_DEPENDENT = 1 << 6


class SavestateContext(IntEnum):
    """What a save state is for (``enum retro_savestate_context``).

    NORMAL states survive the process; RUNAHEAD_SAME_INSTANCE states are only ever loaded by the
    instance that wrote them, RUNAHEAD_SAME_BINARY states by the same core file in this process,
    ROLLBACK_NETPLAY states by the same core on another machine.
    """

    NORMAL = 0
    RUNAHEAD_SAME_INSTANCE = 1
    RUNAHEAD_SAME_BINARY = 2
    ROLLBACK_NETPLAY = 3


class MessageTarget(IntEnum):
    """Where a core wants a message shown (``enum retro_message_target``)."""

    ALL = 0
    OSD = 1
    LOG = 2


class MessageType(IntEnum):
    """What kind of message a core sends (``enum retro_message_type``)."""

    NOTIFICATION = 0
    NOTIFICATION_ALT = 1
    STATUS = 2
    PROGRESS = 3


class RumbleEffect(IntEnum):
    """The two motors of a joypad (``enum retro_rumble_effect``)."""

    STRONG = 0
    WEAK = 1


class Sensor(IntEnum):
    """Sensors of a controller (``RETRO_SENSOR_*``), in g, radians per second and lux."""

    ACCELEROMETER_X = 0
    ACCELEROMETER_Y = 1
    ACCELEROMETER_Z = 2
    GYROSCOPE_X = 3
    GYROSCOPE_Y = 4
    GYROSCOPE_Z = 5
    ILLUMINANCE = 6


class NetpacketFlag(IntFlag):
    """How a core wants a packet to be sent (``RETRO_NETPACKET_*``); 0 is unreliable, in order."""

    UNRELIABLE = 0
    RELIABLE = 1 << 0
    UNSEQUENCED = 1 << 1
    FLUSH_HINT = 1 << 2


class EnvironmentCommand(IntEnum):
    """Questions and announcements that a core sends (``RETRO_ENVIRONMENT_*``).

    Experimental commands carry libretro's marker bit 0x10000, and the four that only RetroArch
    defines carry 0x800000, exactly as a core sends them. Until July 2026
    SET_SERIALIZATION_QUIRKS was 44.
    """

    SET_ROTATION = 1
    GET_OVERSCAN = 2
    GET_CAN_DUPE = 3
    SET_MESSAGE = 6
    SHUTDOWN = 7
    SET_PERFORMANCE_LEVEL = 8
    GET_SYSTEM_DIRECTORY = 9
    SET_PIXEL_FORMAT = 10
    SET_INPUT_DESCRIPTORS = 11
    SET_KEYBOARD_CALLBACK = 12
    SET_DISK_CONTROL_INTERFACE = 13
    SET_HW_RENDER = 14
    GET_VARIABLE = 15
    SET_VARIABLES = 16
    GET_VARIABLE_UPDATE = 17
    SET_SUPPORT_NO_GAME = 18
    GET_LIBRETRO_PATH = 19
    SET_FRAME_TIME_CALLBACK = 21
    SET_AUDIO_CALLBACK = 22
    GET_RUMBLE_INTERFACE = 23
    GET_INPUT_DEVICE_CAPABILITIES = 24
    GET_SENSOR_INTERFACE = 25 | _EXPERIMENTAL
    GET_CAMERA_INTERFACE = 26 | _EXPERIMENTAL
    GET_LOG_INTERFACE = 27
    GET_PERF_INTERFACE = 28
    GET_LOCATION_INTERFACE = 29
    GET_CORE_ASSETS_DIRECTORY = 30
    GET_CONTENT_DIRECTORY = 30
    GET_SAVE_DIRECTORY = 31
    SET_SYSTEM_AV_INFO = 32
    SET_PROC_ADDRESS_CALLBACK = 33
    SET_SUBSYSTEM_INFO = 34
    SET_CONTROLLER_INFO = 35
    SET_MEMORY_MAPS = 36 | _EXPERIMENTAL
    SET_GEOMETRY = 37
    GET_USERNAME = 38
    GET_LANGUAGE = 39
    GET_CURRENT_SOFTWARE_FRAMEBUFFER = 40 | _EXPERIMENTAL
    GET_HW_RENDER_INTERFACE = 41 | _EXPERIMENTAL
    SET_SUPPORT_ACHIEVEMENTS = 42 | _EXPERIMENTAL
    SET_HW_RENDER_CONTEXT_NEGOTIATION_INTERFACE = 43 | _EXPERIMENTAL
    SET_HW_SHARED_CONTEXT = 44 | _EXPERIMENTAL
    GET_VFS_INTERFACE = 45 | _EXPERIMENTAL
    GET_LED_INTERFACE = 46 | _EXPERIMENTAL
    GET_AUDIO_VIDEO_ENABLE = 47 | _EXPERIMENTAL
    GET_MIDI_INTERFACE = 48 | _EXPERIMENTAL
    GET_FASTFORWARDING = 49 | _EXPERIMENTAL
    GET_TARGET_REFRESH_RATE = 50 | _EXPERIMENTAL
    GET_INPUT_BITMASKS = 51 | _EXPERIMENTAL
    GET_CORE_OPTIONS_VERSION = 52
    SET_CORE_OPTIONS = 53
    SET_CORE_OPTIONS_INTL = 54
    SET_CORE_OPTIONS_DISPLAY = 55
    GET_PREFERRED_HW_RENDER = 56
    GET_DISK_CONTROL_INTERFACE_VERSION = 57
    SET_DISK_CONTROL_EXT_INTERFACE = 58
    GET_MESSAGE_INTERFACE_VERSION = 59
    SET_MESSAGE_EXT = 60
    GET_INPUT_MAX_USERS = 61
    SET_AUDIO_BUFFER_STATUS_CALLBACK = 62
    SET_MINIMUM_AUDIO_LATENCY = 63
    SET_FASTFORWARDING_OVERRIDE = 64
    SET_CONTENT_INFO_OVERRIDE = 65
    GET_GAME_INFO_EXT = 66
    SET_CORE_OPTIONS_V2 = 67
    SET_CORE_OPTIONS_V2_INTL = 68
    SET_CORE_OPTIONS_UPDATE_DISPLAY_CALLBACK = 69
    SET_VARIABLE = 70
    GET_THROTTLE_STATE = 71 | _EXPERIMENTAL
    GET_SAVESTATE_CONTEXT = 72 | _EXPERIMENTAL
    GET_HW_RENDER_CONTEXT_NEGOTIATION_INTERFACE_SUPPORT = 73 | _EXPERIMENTAL
    GET_JIT_CAPABLE = 74
    GET_MICROPHONE_INTERFACE = 75 | _EXPERIMENTAL
    GET_DEVICE_POWER = 77 | _EXPERIMENTAL
    SET_NETPACKET_INTERFACE = 78
    GET_PLAYLIST_DIRECTORY = 79
    GET_FILE_BROWSER_START_DIRECTORY = 80
    GET_TARGET_SAMPLE_RATE = 81 | _EXPERIMENTAL
    GET_NETPLAY_CLIENT_INDEX = 82 | _EXPERIMENTAL
    EXEC_MEM_ALLOC = 83
    EXEC_MEM_FREE = 84
    GET_AUDIO_SAMPLE_BATCH_FLOAT = 85 | _EXPERIMENTAL
    GET_MEMORY_STATUS = 86 | _EXPERIMENTAL
    SET_SERIALIZATION_QUIRKS = 87
    GET_SCREEN_10BPC_CAPABLE = 88 | _EXPERIMENTAL
    GET_HDR_PAPER_WHITE_NITS = 89 | _EXPERIMENTAL
    GET_HDR_EXPAND_GAMUT = 90 | _EXPERIMENTAL
    GET_HDR_OUTPUT_MODE = 91 | _EXPERIMENTAL
    GET_HDR_MAX_NITS = 92 | _EXPERIMENTAL
    GET_VFS_AUTHORIZED_LOCATIONS = 93 | _EXPERIMENTAL
    GET_AUDIO_SAMPLE_BATCH_MULTI = 94 | _EXPERIMENTAL
    SET_SAVE_STATE_IN_BACKGROUND = 2 | _RETROARCH
    GET_CLEAR_ALL_THREAD_WAITS_CB = 3 | _RETROARCH
    POLL_TYPE_OVERRIDE = 4 | _RETROARCH
    SET_SAVE_STATE_DISABLE_UNDO = 5 | _RETROARCH
