/* A core's end of libretro's netpacket interface: packets and events wait here, in order, for the
 * core's next frame, and what the core sends waits for whoever carries it.
 *
 * Any thread may put something in and take something out. The core's own functions are called on
 * the thread that runs the core, before a frame, and for packets also when the core asks within
 * one. The struct outlives the core for as long as somebody holds it. */
#ifndef PYLIBRETRO_NETPACKET_H
#define PYLIBRETRO_NETPACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libretro.h"

enum { NETPACKET_BYTES_LIMIT = 64 << 20, NETPACKET_PROTOCOL_SIZE = 256 };

enum netpacket_kind {
    NETPACKET_PACKET,
    NETPACKET_START, /* `client` is the core's own number */
    NETPACKET_STOP,
    NETPACKET_CONNECTED,
    NETPACKET_DISCONNECTED,
    NETPACKET_ACCEPTED, /* the core's answers to CONNECTED */
    NETPACKET_REFUSED
};

struct netpacket_item {
    struct netpacket_item *next;
    int kind, flags;
    uint16_t client;
    size_t size;
    uint8_t data[1];
};

struct netpacket;

struct netpacket *netpacket_new(void);
struct netpacket *netpacket_hold(struct netpacket *netpacket);
void netpacket_release(struct netpacket *netpacket);

/* What the core says: the answer to SET_NETPACKET_INTERFACE; false for no `netpacket`. */
bool netpacket_register(struct netpacket *netpacket,
                        const struct retro_netpacket_callback *callback,
                        retro_netpacket_send_t send, retro_netpacket_poll_receive_t poll_receive);
void netpacket_send(struct netpacket *netpacket, int flags, const void *data, size_t size,
                    uint16_t client);
void netpacket_poll_receive(struct netpacket *netpacket);

/* On the core's thread: before a frame; and once before the core's game is unloaded, after which
 * nothing reaches it any more. */
void netpacket_before_frame(struct netpacket *netpacket);
void netpacket_end(struct netpacket *netpacket);

/* For the other side. `netpacket_put` is false when too much is waiting. */
bool netpacket_put(struct netpacket *netpacket, int kind, uint16_t client, const void *data,
                   size_t size);
struct netpacket_item *netpacket_take(struct netpacket *netpacket, uint64_t *dropped);
bool netpacket_registered(struct netpacket *netpacket);
/* The core's number while a session is on, or -1. */
int netpacket_client(struct netpacket *netpacket);
/* Copies the core's protocol version; false if it names none. */
bool netpacket_protocol(struct netpacket *netpacket, char protocol[NETPACKET_PROTOCOL_SIZE]);

#endif
