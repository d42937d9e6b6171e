/* Puts a team of workers to work and watches it, for tests/batch/test_workers.py:
 *
 *     workers_probe MODE THREADS ITEMS ROUNDS SPIN SEED
 *
 * What an item touches is not atomic on purpose: only the team's own order keeps it whole. */
#include "platform.h"
#include "workers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ITEMS = 4096 };

struct touched {
    unsigned times, seen;
    volatile int inside;
};

struct work {
    struct touched items[MOST_ITEMS];
    size_t count;
    unsigned round;
    volatile int others_done, gate, twice_at_a_time;
    size_t begun[MOST_ITEMS], longest;
    volatile uint32_t begun_count;
};

static unsigned long long random_state;

static unsigned random_below(unsigned limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % limit;
}

static int failed(const char *what, size_t item, unsigned found, unsigned expected)
{
    printf("%s: item %zu: %u instead of %u\n", what, item, found, expected);
    return 1;
}

static void touch(void *context, size_t item)
{
    struct work *work = context;
    struct touched *touched = &work->items[item];
    if (platform_atomic_exchange(&touched->inside, 1))
        platform_atomic_store(&work->twice_at_a_time, 1);
    touched->times++;
    touched->seen = work->round;
    platform_atomic_store(&touched->inside, 0);
}

static void touch_last(void *context, size_t item)
{
    struct work *work = context;
    if (item == 0) {
        while (platform_atomic_load(&work->others_done) != (int)work->count - 1)
            platform_pause();
    } else {
        platform_atomic_add((volatile uint32_t *)&work->others_done, 1);
    }
    touch(context, item);
}

static void touch_through_gate(void *context, size_t item)
{
    struct work *work = context;
    while (item == 0 && !platform_atomic_load(&work->gate))
        platform_pause();
    touch(context, item);
}

static int check_all(const struct work *work, unsigned times)
{
    for (size_t i = 0; i < work->count; i++) {
        if (work->items[i].times != times)
            return failed("done", i, work->items[i].times, times);
        if (work->items[i].seen != work->round)
            return failed("round", i, work->items[i].seen, work->round);
    }
    return work->twice_at_a_time ? failed("at a time", 0, 2, 1) : 0;
}

/* Every item once in every run. */
static int run(struct workers *team, struct work *work, unsigned rounds)
{
    for (unsigned i = 1; i <= rounds; i++) {
        work->round = i;
        workers_run(team, touch, work);
        if (check_all(work, i))
            return 1;
    }
    return 0;
}

/* An item that ends only after all others leaves those of its thread to the other threads. */
static int help(struct workers *team, struct work *work, unsigned rounds)
{
    for (unsigned i = 1; i <= rounds; i++) {
        work->round = i;
        platform_atomic_store(&work->others_done, 0);
        workers_run(team, touch_last, work);
        if (check_all(work, i))
            return 1;
    }
    return 0;
}

static void touch_in_order(void *context, size_t item)
{
    struct work *work = context;
    const uint64_t end = platform_time_nsec() + (item == work->longest ? 2000000 : 0);
    work->begun[platform_atomic_add(&work->begun_count, 1)] = item;
    while (platform_time_nsec() < end)
        platform_pause();
    touch(context, item);
}

static bool is_first_of_its_share(const struct work *work, size_t item, size_t threads)
{
    size_t begin = 0, end = 0;
    for (size_t i = 0; end <= item; i++) {
        begin = end;
        end = work->count * (i + 1) / threads;
    }
    size_t place = 0;
    while (work->begun[place] < begin || work->begun[place] >= end)
        place++;
    return work->begun[place] == item;
}

/* An item that takes long comes to be the first of its share, wherever it was. */
static int order(struct workers *team, struct work *work, size_t threads, unsigned rounds)
{
    const size_t longest[] = {work->count - 1, 0, work->count / 2};
    for (size_t i = 0; i < sizeof longest / sizeof *longest; i++) {
        unsigned tries = 0;
        work->longest = longest[i];
        do {
            if (tries++ == rounds)
                return failed("begun late", longest[i], tries, 0);
            work->round++;
            platform_atomic_store((volatile int *)&work->begun_count, 0);
            workers_run_longest_first(team, touch_in_order, work);
            if (check_all(work, work->round))
                return 1;
        } while (!is_first_of_its_share(work, longest[i], threads));
        /* A run of something else neither knows of it nor changes it. */
        work->round++;
        workers_run(team, touch, work);
        if (check_all(work, work->round))
            return 1;
    }
    return 0;
}

static int take(struct workers *team, struct work *work, bool *away, unsigned *times, size_t wanted)
{
    size_t items[MOST_ITEMS];
    size_t taken = 0;
    while (taken < wanted) {
        const size_t got = workers_take(team, items, wanted - taken, 1000000);
        for (size_t i = 0; i < got; i++) {
            if (items[i] >= work->count || !away[items[i]])
                return failed("taken, but not away", items[i], 1, 0);
            away[items[i]] = false;
            times[items[i]]++;
            if (work->items[items[i]].times != times[items[i]])
                return failed("taken", items[i], work->items[items[i]].times, times[items[i]]);
        }
        taken += got;
    }
    return 0;
}

/* Random items out and back, in random numbers, with runs of all between. */
static int submit(struct workers *team, struct work *work, unsigned rounds)
{
    static bool away[MOST_ITEMS];
    static unsigned times[MOST_ITEMS];
    size_t items[MOST_ITEMS], in_flight = 0;
    for (unsigned i = 0; i < rounds; i++) {
        size_t count = 0;
        const unsigned tenths = random_below(11);
        for (size_t item = 0; item < work->count; item++) {
            if (!away[item] && random_below(10) < tenths) {
                away[item] = true;
                items[count++] = item;
            }
        }
        for (size_t j = count; j > 1; j--) {
            const size_t other = random_below((unsigned)j), item = items[j - 1];
            items[j - 1] = items[other];
            items[other] = item;
        }
        if (!workers_submit(team, touch, work, items, count))
            return failed("submitted", 0, 0, 1);
        in_flight += count;
        const size_t wanted = random_below(4) ? random_below((unsigned)in_flight + 1) : in_flight;
        if (take(team, work, away, times, wanted))
            return 1;
        in_flight -= wanted;
        if (in_flight == 0) {
            work->round++;
            workers_run(team, touch, work);
            for (size_t item = 0; item < work->count; item++) {
                if (work->items[item].times != ++times[item])
                    return failed("run", item, work->items[item].times, times[item]);
            }
        }
    }
    if (take(team, work, away, times, in_flight))
        return 1;
    return work->twice_at_a_time ? failed("at a time", 0, 2, 1) : 0;
}

/* One item waits for a gate that opens when all others have been taken. */
static int straggle(struct workers *team, struct work *work, unsigned rounds)
{
    static bool away[MOST_ITEMS];
    static unsigned times[MOST_ITEMS];
    size_t items[MOST_ITEMS], straggler = 0;
    for (unsigned i = 0; i < rounds; i++) {
        platform_atomic_store(&work->gate, 0);
        for (size_t item = 0; item < work->count; item++) {
            items[item] = item;
            away[item] = true;
        }
        if (!workers_submit(team, touch_through_gate, work, items, work->count) ||
            take(team, work, away, times, work->count - 1))
            return 1;
        if (workers_take(team, &straggler, 1, 1000000) != 0 || !away[0])
            return failed("taken through a closed gate", straggler, 1, 0);
        platform_atomic_store(&work->gate, 1);
        if (take(team, work, away, times, 1))
            return 1;
    }
    return check_all(work, rounds);
}

/* What was submitted is done before the threads end, taken or not. */
static int stop(size_t threads, struct work *work, unsigned rounds, bool spin)
{
    size_t items[MOST_ITEMS];
    for (size_t item = 0; item < work->count; item++)
        items[item] = item;
    for (unsigned i = 1; i <= rounds; i++) {
        struct workers *team = workers_start(threads, work->count, spin);
        work->round = i;
        if (!team || !workers_submit(team, touch, work, items, work->count))
            return failed("started", 0, 0, 1);
        workers_stop(team);
        if (check_all(work, i))
            return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static struct work work;
    if (argc != 7)
        return 2;
    const size_t threads = strtoul(argv[2], NULL, 10);
    const unsigned rounds = (unsigned)strtoul(argv[4], NULL, 10);
    const bool spin = argv[5][0] == '1';
    work.count = strtoul(argv[3], NULL, 10);
    random_state = strtoul(argv[6], NULL, 10);
    if (work.count > MOST_ITEMS)
        return 2;
    if (strcmp(argv[1], "stop") == 0)
        return stop(threads, &work, rounds, spin);
    struct workers *team = workers_start(threads, work.count, spin);
    if (!team)
        return failed("started", 0, 0, 1);
    int result = 2;
    if (strcmp(argv[1], "run") == 0)
        result = run(team, &work, rounds);
    else if (strcmp(argv[1], "help") == 0)
        result = help(team, &work, rounds);
    else if (strcmp(argv[1], "order") == 0)
        result = order(team, &work, threads, rounds);
    else if (strcmp(argv[1], "submit") == 0)
        result = submit(team, &work, rounds);
    else if (strcmp(argv[1], "straggle") == 0)
        result = straggle(team, &work, rounds);
    workers_stop(team);
    return result;
}
