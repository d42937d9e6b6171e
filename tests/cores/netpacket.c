/*
 * Plays in sessions. What the first player's joypad says decides what a frame sends: A a reliable
 * broadcast, B an unreliable one, X something to the host, Y something to client 2, L an empty
 * packet, R four packets and a wish to flush. With SELECT it asks for packets within the frame,
 * too. It notes all that it is told. The content: first byte 1 refuses the second client, 2 has no
 * `connected` and no other optional function, 3 another version of the protocol, 4 none, 5 does
 * not use the interface, 6 sends in `stop`.
 */
#define CORE_NAME "netpacket"
#define OWN_retro_load_game
#define OWN_retro_run
#include "core.h"

static retro_netpacket_send_t send_packet;
static retro_netpacket_poll_receive_t poll_receive;
static bool in_frame;

static void RETRO_CALLCONV start(uint16_t client, retro_netpacket_send_t send,
                                 retro_netpacket_poll_receive_t poll)
{
    note("%u start %u", frame_number, client);
    send_packet = send;
    poll_receive = poll;
}

static void RETRO_CALLCONV receive(const void *data, size_t size, uint16_t client)
{
    note("%u%s receive %u %.*s", frame_number, in_frame ? " within" : "", client, (int)size,
         (const char *)data);
}

static void RETRO_CALLCONV stop(void)
{
    note("%u stop", frame_number);
    if (content_byte(0) == 6) {
        send_packet(RETRO_NETPACKET_RELIABLE, "bye", 3, RETRO_NETPACKET_BROADCAST);
    }
    send_packet = NULL;
}

static void RETRO_CALLCONV poll(void)
{
    ram[1]++;
}

static bool RETRO_CALLCONV connected(uint16_t client)
{
    note("%u connected %u", frame_number, client);
    return !(content_byte(0) == 1 && client == 2);
}

static void RETRO_CALLCONV disconnected(uint16_t client)
{
    note("%u disconnected %u", frame_number, client);
}

bool retro_load_game(const struct retro_game_info *game)
{
    unsigned index = 77;
    struct retro_netpacket_callback callback = {start,     receive,      stop,   poll,
                                                connected, disconnected, "first"};
    keep_content(game);
    if (content_byte(0) == 2) {
        memset(&callback, 0, sizeof callback);
        callback.start = start;
        callback.receive = receive;
    }
    if (content_byte(0) == 3) {
        callback.protocol_version = "second";
    }
    if (content_byte(0) == 4) {
        callback.protocol_version = NULL;
    }
    if (content_byte(0) != 5) {
        ram[2] = environment(RETRO_ENVIRONMENT_SET_NETPACKET_INTERFACE, &callback);
    }
    ram[3] = environment(RETRO_ENVIRONMENT_GET_NETPLAY_CLIENT_INDEX, &index);
    return true;
}

static void send_text(int flags, uint16_t client, const char *what)
{
    char text[64];
    int size = snprintf(text, sizeof text, "%s%u", what, frame_number);
    send_packet(flags, text, (size_t)size, client);
}

static bool pressed(unsigned id)
{
    return input_state(0, RETRO_DEVICE_JOYPAD, 0, id) != 0;
}

void retro_run(void)
{
    unsigned index = 77;
    in_frame = true;
    input_poll();
    ram[0] = ++frame_number;
    ram[4] = environment(RETRO_ENVIRONMENT_GET_NETPLAY_CLIENT_INDEX, &index) ? index : 99;
    if (send_packet) {
        if (pressed(RETRO_DEVICE_ID_JOYPAD_A)) {
            send_text(RETRO_NETPACKET_RELIABLE, RETRO_NETPACKET_BROADCAST, "reliable");
        }
        if (pressed(RETRO_DEVICE_ID_JOYPAD_B)) {
            send_text(RETRO_NETPACKET_UNRELIABLE, RETRO_NETPACKET_BROADCAST, "unreliable");
        }
        if (pressed(RETRO_DEVICE_ID_JOYPAD_X)) {
            send_text(RETRO_NETPACKET_RELIABLE, 0, "host");
        }
        if (pressed(RETRO_DEVICE_ID_JOYPAD_Y)) {
            send_text(RETRO_NETPACKET_UNSEQUENCED, 2, "second");
        }
        if (pressed(RETRO_DEVICE_ID_JOYPAD_L)) {
            send_packet(RETRO_NETPACKET_RELIABLE, "", 0, RETRO_NETPACKET_BROADCAST);
        }
        if (pressed(RETRO_DEVICE_ID_JOYPAD_R)) {
            for (int i = 0; i < 4; i++) {
                send_packet(RETRO_NETPACKET_RELIABLE, &"abcd"[i], 1, RETRO_NETPACKET_BROADCAST);
            }
            send_packet(RETRO_NETPACKET_FLUSH_HINT, NULL, 0, RETRO_NETPACKET_BROADCAST);
        }
        if (pressed(RETRO_DEVICE_ID_JOYPAD_SELECT)) {
            poll_receive();
        }
    }
    show_frame_number();
    in_frame = false;
}
