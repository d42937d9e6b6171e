/* Queues between a core and whoever carries its packets. */

#if !defined(_GNU_SOURCE) && !defined(_WIN32)
#define _GNU_SOURCE 1
#endif

#include "netpacket.h"

#include <stdlib.h>
#include <string.h>

#include "platform.h"

struct queue {
    struct netpacket_item *first, *last;
    size_t bytes, count;
};

struct netpacket {
    platform_mutex lock; /* never held while the core is called */
    int references;
    struct retro_netpacket_callback callback;
    retro_netpacket_send_t send;
    retro_netpacket_poll_receive_t poll_receive;
    char protocol[NETPACKET_PROTOCOL_SIZE];
    bool has_protocol, registered, active, ended;
    uint16_t client;
    struct queue incoming, outgoing;
    uint64_t dropped;
};

/* ---- queues, with the lock ------------------------------------------------------------------ */

static bool push(struct queue *queue, int kind, int flags, uint16_t client, const void *data,
                 size_t size)
{
    struct netpacket_item *item;
    if (size > NETPACKET_BYTES_LIMIT || queue->bytes + size + sizeof *item > NETPACKET_BYTES_LIMIT)
        return false;
    item = malloc(sizeof *item + size);
    if (!item)
        return false;
    item->next = NULL;
    item->kind = kind;
    item->flags = flags;
    item->client = client;
    item->size = size;
    if (size)
        memcpy(item->data, data, size);
    if (queue->last)
        queue->last->next = item;
    else
        queue->first = item;
    queue->last = item;
    queue->bytes += sizeof *item + size;
    queue->count++;
    return true;
}

static struct netpacket_item *pop(struct queue *queue)
{
    struct netpacket_item *item = queue->first;
    if (item) {
        queue->first = item->next;
        if (!queue->first)
            queue->last = NULL;
        queue->bytes -= sizeof *item + item->size;
        queue->count--;
    }
    return item;
}

static void clear(struct queue *queue)
{
    for (struct netpacket_item *item; (item = pop(queue));)
        free(item);
}

/* ---- life ----------------------------------------------------------------------------------- */

struct netpacket *netpacket_new(void)
{
    struct netpacket *netpacket = calloc(1, sizeof *netpacket);
    if (netpacket) {
        platform_mutex_init(&netpacket->lock);
        netpacket->references = 1;
    }
    return netpacket;
}

struct netpacket *netpacket_hold(struct netpacket *netpacket)
{
    platform_mutex_lock(&netpacket->lock);
    netpacket->references++;
    platform_mutex_unlock(&netpacket->lock);
    return netpacket;
}

void netpacket_release(struct netpacket *netpacket)
{
    if (!netpacket)
        return;
    platform_mutex_lock(&netpacket->lock);
    bool last = --netpacket->references == 0;
    platform_mutex_unlock(&netpacket->lock);
    if (!last)
        return;
    clear(&netpacket->incoming);
    clear(&netpacket->outgoing);
    platform_mutex_destroy(&netpacket->lock);
    free(netpacket);
}

/* ---- what the core calls -------------------------------------------------------------------- */

bool netpacket_register(struct netpacket *netpacket,
                        const struct retro_netpacket_callback *callback,
                        retro_netpacket_send_t send, retro_netpacket_poll_receive_t poll_receive)
{
    if (!netpacket)
        return false;
    platform_mutex_lock(&netpacket->lock);
    netpacket->registered = callback && callback->start && callback->receive;
    if (netpacket->registered) {
        const char *protocol = callback->protocol_version;
        netpacket->callback = *callback;
        netpacket->send = send;
        netpacket->poll_receive = poll_receive;
        netpacket->has_protocol = protocol != NULL;
        strncpy(netpacket->protocol, protocol ? protocol : "", NETPACKET_PROTOCOL_SIZE - 1);
    }
    bool answer = netpacket->registered || !callback;
    platform_mutex_unlock(&netpacket->lock);
    return answer;
}

void netpacket_send(struct netpacket *netpacket, int flags, const void *data, size_t size,
                    uint16_t client)
{
    if (!netpacket || (!data && size))
        return;
    platform_mutex_lock(&netpacket->lock);
    /* What has neither data nor a size is the wish to send at once what waits: all that waits
     * does so after the frame anyhow. */
    if (netpacket->active && (data || !(flags & RETRO_NETPACKET_FLUSH_HINT)) &&
        !push(&netpacket->outgoing, NETPACKET_PACKET, flags, client, data, size))
        netpacket->dropped++;
    platform_mutex_unlock(&netpacket->lock);
}

void netpacket_poll_receive(struct netpacket *netpacket)
{
    if (!netpacket)
        return;
    for (;;) {
        struct netpacket_item *item = NULL;
        platform_mutex_lock(&netpacket->lock);
        retro_netpacket_receive_t receive = netpacket->callback.receive;
        /* Who comes and goes is told between frames; packets behind that wait for it. */
        if (netpacket->active && netpacket->incoming.first &&
            netpacket->incoming.first->kind == NETPACKET_PACKET)
            item = pop(&netpacket->incoming);
        platform_mutex_unlock(&netpacket->lock);
        if (!item)
            return;
        receive(item->data, item->size, item->client);
        free(item);
    }
}

/* ---- what calls the core -------------------------------------------------------------------- */

static void deliver(struct netpacket *netpacket, const struct netpacket_item *item)
{
    struct retro_netpacket_callback callback;
    bool active, registered;
    platform_mutex_lock(&netpacket->lock);
    callback = netpacket->callback;
    registered = netpacket->registered;
    active = netpacket->active;
    if (item->kind == NETPACKET_START && registered && !active) {
        netpacket->active = true;
        netpacket->client = item->client;
    }
    if (item->kind == NETPACKET_STOP)
        netpacket->active = false;
    platform_mutex_unlock(&netpacket->lock);
    if (item->kind == NETPACKET_START && registered && !active)
        callback.start(item->client, netpacket->send, netpacket->poll_receive);
    if (!active)
        return;
    if (item->kind == NETPACKET_STOP && callback.stop) {
        callback.stop();
    } else if (item->kind == NETPACKET_PACKET) {
        callback.receive(item->data, item->size, item->client);
    } else if (item->kind == NETPACKET_DISCONNECTED && callback.disconnected) {
        callback.disconnected(item->client);
    } else if (item->kind == NETPACKET_CONNECTED) {
        bool accepted = !callback.connected || callback.connected(item->client);
        platform_mutex_lock(&netpacket->lock);
        push(&netpacket->outgoing, accepted ? NETPACKET_ACCEPTED : NETPACKET_REFUSED, 0,
             item->client, NULL, 0);
        platform_mutex_unlock(&netpacket->lock);
    }
}

void netpacket_before_frame(struct netpacket *netpacket)
{
    platform_mutex_lock(&netpacket->lock);
    size_t count = netpacket->incoming.count; /* not what comes meanwhile: the frame has to run */
    platform_mutex_unlock(&netpacket->lock);
    while (count--) {
        platform_mutex_lock(&netpacket->lock);
        struct netpacket_item *item = pop(&netpacket->incoming);
        platform_mutex_unlock(&netpacket->lock);
        if (!item)
            break;
        deliver(netpacket, item);
        free(item);
    }
    platform_mutex_lock(&netpacket->lock);
    retro_netpacket_poll_t poll = netpacket->active ? netpacket->callback.poll : NULL;
    platform_mutex_unlock(&netpacket->lock);
    if (poll)
        poll();
}

void netpacket_end(struct netpacket *netpacket)
{
    struct netpacket_item stop = {NULL, NETPACKET_STOP, 0, 0, 0, {0}};
    platform_mutex_lock(&netpacket->lock);
    bool ended = netpacket->ended;
    netpacket->ended = true;
    clear(&netpacket->incoming);
    platform_mutex_unlock(&netpacket->lock);
    if (!ended)
        deliver(netpacket, &stop);
    platform_mutex_lock(&netpacket->lock);
    netpacket->registered = netpacket->active = false;
    platform_mutex_unlock(&netpacket->lock);
}

/* ---- for the other side --------------------------------------------------------------------- */

bool netpacket_put(struct netpacket *netpacket, int kind, uint16_t client, const void *data,
                   size_t size)
{
    platform_mutex_lock(&netpacket->lock);
    bool done = netpacket->ended || push(&netpacket->incoming, kind, 0, client, data, size);
    platform_mutex_unlock(&netpacket->lock);
    return done;
}

struct netpacket_item *netpacket_take(struct netpacket *netpacket, uint64_t *dropped)
{
    platform_mutex_lock(&netpacket->lock);
    struct netpacket_item *first = netpacket->outgoing.first;
    memset(&netpacket->outgoing, 0, sizeof netpacket->outgoing);
    *dropped = netpacket->dropped;
    netpacket->dropped = 0;
    platform_mutex_unlock(&netpacket->lock);
    return first;
}

bool netpacket_registered(struct netpacket *netpacket)
{
    platform_mutex_lock(&netpacket->lock);
    bool registered = netpacket->registered;
    platform_mutex_unlock(&netpacket->lock);
    return registered;
}

int netpacket_client(struct netpacket *netpacket)
{
    platform_mutex_lock(&netpacket->lock);
    int client = netpacket->active ? netpacket->client : -1;
    platform_mutex_unlock(&netpacket->lock);
    return client;
}

bool netpacket_protocol(struct netpacket *netpacket, char protocol[NETPACKET_PROTOCOL_SIZE])
{
    platform_mutex_lock(&netpacket->lock);
    bool named = netpacket->has_protocol;
    memcpy(protocol, netpacket->protocol, NETPACKET_PROTOCOL_SIZE);
    platform_mutex_unlock(&netpacket->lock);
    return named;
}
