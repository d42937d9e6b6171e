#include "workers.h"

#include "platform.h"

#include <stdint.h>
#include <stdlib.h>

enum {
    CACHE_LINES = 128, /* two: processors fetch them in pairs */
    SPIN_NSEC = 200000,
    PAUSES_BETWEEN_CLOCKS = 32,
    RUNS_BETWEEN_TIMED_ONES = 8 /* so that runs of items that take a microsecond stay as fast */
};

struct share {
    volatile int next, end;
    char padding[CACHE_LINES - 2 * sizeof(int)];
};

struct worker {
    struct workers *team;
    size_t index;
    platform_thread thread;
    bool started;
};

struct workers {
    size_t threads, items;
    bool spin;
    struct worker *members; /* member 0 stands in for the caller while that goes on */
    struct share *shares;

    int *order; /* of the items of each share, in a run that does the longest first */
    uint64_t *durations;
    unsigned ordered_runs;
    bool is_ordered, is_timed;

    workers_function run_function, submit_function;
    void *run_context, *submit_context;
    volatile int *submitted, *finished; /* rings of items, those finished counted from 1 */
    unsigned ring_mask;
    int taken;

    char padding_before_calls[CACHE_LINES];
    volatile int calls, submissions; /* each change is a call to work */
    volatile int stopping, submitted_end;
    char padding_before_claims[CACHE_LINES];
    volatile int submitted_begin;
    char padding_before_results[CACHE_LINES];
    volatile int done, finished_end;
    volatile int sleepers, caller_sleeps;
    char padding_after_results[CACHE_LINES];

    platform_mutex lock;
    platform_condition called, progress;
};

/* Counters wrap around, and rings have a power of two of places, so that they may. */
static int add(volatile int *counter, int value)
{
    return (int)platform_atomic_add((volatile uint32_t *)counter, (uint32_t)value);
}

static int after(int counter)
{
    return (int)((unsigned)counter + 1);
}

static volatile int *place_in(const struct workers *team, volatile int *ring, int counter)
{
    return &ring[(unsigned)counter & team->ring_mask];
}

/* ---- waiting -------------------------------------------------------------------------------- */

static bool spin_while_equal(const struct workers *team, volatile int *counter, int value)
{
    if (!team->spin)
        return platform_atomic_load(counter) == value;
    const uint64_t until = platform_time_nsec() + SPIN_NSEC;
    do {
        for (int i = 0; i < PAUSES_BETWEEN_CLOCKS; i++) {
            if (platform_atomic_load(counter) != value)
                return false;
            platform_pause();
        }
    } while (platform_time_nsec() < until);
    return true;
}

static int wait_for_call(struct workers *team, volatile int *calls, int seen)
{
    if (spin_while_equal(team, calls, seen)) {
        platform_mutex_lock(&team->lock);
        add(&team->sleepers, 1);
        while (platform_atomic_load(calls) == seen)
            platform_condition_wait(&team->called, &team->lock);
        add(&team->sleepers, -1);
        platform_mutex_unlock(&team->lock);
    }
    return platform_atomic_load(calls);
}

static void call_team(struct workers *team)
{
    add(&team->calls, 1);
    if (platform_atomic_load(&team->sleepers)) {
        platform_mutex_lock(&team->lock);
        platform_condition_wake_all(&team->called);
        platform_mutex_unlock(&team->lock);
    }
}

static void tell_caller(struct workers *team)
{
    if (platform_atomic_load(&team->caller_sleeps)) {
        platform_mutex_lock(&team->lock);
        platform_condition_wake_all(&team->progress);
        platform_mutex_unlock(&team->lock);
    }
}

/* ---- working -------------------------------------------------------------------------------- */

static void run_item(struct workers *team, size_t item)
{
    if (!team->is_timed) {
        team->run_function(team->run_context, item);
        return;
    }
    const uint64_t start = platform_time_nsec();
    team->run_function(team->run_context, item);
    /* A mean with what was before, for the processor may have been taken away meanwhile. */
    team->durations[item] = (team->durations[item] + platform_time_nsec() - start) / 2;
}

static int work_through_share(struct workers *team, struct share *share)
{
    int count = 0;
    while (platform_atomic_load(&share->next) < platform_atomic_load(&share->end)) {
        const int item = add(&share->next, 1);
        if (item >= share->end)
            break;
        run_item(team, (size_t)(team->is_ordered ? team->order[item] : item));
        count++;
    }
    return count;
}

static void work_through_shares(struct workers *team, size_t own)
{
    int count = 0;
    for (size_t i = 0; i < team->threads; i++)
        count += work_through_share(team, &team->shares[(own + i) % team->threads]);
    if (count && add(&team->done, count) + count == (int)team->items)
        tell_caller(team);
}

static bool claim_submitted(struct workers *team, size_t *item)
{
    for (;;) {
        const int begin = platform_atomic_load(&team->submitted_begin);
        if (begin == platform_atomic_load(&team->submitted_end))
            return false;
        const int found = platform_atomic_load(place_in(team, team->submitted, begin));
        if (platform_atomic_compare_exchange(&team->submitted_begin, begin, after(begin))) {
            *item = (size_t)found;
            return true;
        }
    }
}

static void work_through_submitted(struct workers *team)
{
    size_t item;
    while (claim_submitted(team, &item)) {
        team->submit_function(team->submit_context, item);
        const int end = add(&team->finished_end, 1);
        platform_atomic_store(place_in(team, team->finished, end), (int)item + 1);
        tell_caller(team);
    }
}

static PLATFORM_THREAD_RESULT work(void *argument)
{
    struct worker *worker = argument;
    struct workers *team = worker->team;
    volatile int *calls = worker->index ? &team->calls : &team->submissions;
    int seen = 0;
    for (;;) {
        seen = wait_for_call(team, calls, seen);
        if (worker->index)
            work_through_shares(team, worker->index);
        work_through_submitted(team);
        if (platform_atomic_load(&team->stopping))
            return 0;
    }
}

/* ---- the team ------------------------------------------------------------------------------- */

static bool start_member(struct workers *team, size_t index)
{
    struct worker *member = &team->members[index];
    if (!member->started) {
        member->team = team;
        member->index = index;
        member->started = platform_thread_create(&member->thread, work, member);
    }
    return member->started;
}

static void free_team(struct workers *team)
{
    free(team->members);
    free(team->shares);
    free(team->order);
    free(team->durations);
    free((void *)team->submitted);
    free((void *)team->finished);
    free(team);
}

struct workers *workers_start(size_t threads, size_t items, bool spin)
{
    struct workers *team = calloc(1, sizeof *team);
    if (!team)
        return NULL;
    team->threads = threads;
    team->items = items;
    team->spin = spin;
    team->members = calloc(threads, sizeof *team->members);
    team->shares = calloc(threads, sizeof *team->shares);
    team->order = calloc(items ? items : 1, sizeof *team->order);
    team->durations = calloc(items ? items : 1, sizeof *team->durations);
    while (team->ring_mask + 1 < items)
        team->ring_mask = 2 * team->ring_mask + 1;
    team->submitted = calloc(team->ring_mask + 1, sizeof *team->submitted);
    team->finished = calloc(team->ring_mask + 1, sizeof *team->finished);
    if (!team->members || !team->shares || !team->order || !team->durations || !team->submitted ||
        !team->finished) {
        free_team(team);
        return NULL;
    }
    platform_mutex_init(&team->lock);
    platform_condition_init(&team->called);
    platform_condition_init(&team->progress);
    for (size_t i = 0; i < threads; i++)
        team->shares[i].next = team->shares[i].end = (int)(items * (i + 1) / threads);
    for (size_t i = 0; i < items; i++)
        team->order[i] = (int)i;
    for (size_t i = 1; i < threads; i++) {
        if (!start_member(team, i)) {
            workers_stop(team);
            return NULL;
        }
    }
    return team;
}

void workers_stop(struct workers *team)
{
    if (!team)
        return;
    platform_atomic_store(&team->stopping, 1);
    add(&team->submissions, 1);
    call_team(team);
    for (size_t i = 0; i < team->threads; i++) {
        if (team->members[i].started)
            platform_thread_join(team->members[i].thread);
    }
    platform_condition_destroy(&team->called);
    platform_condition_destroy(&team->progress);
    platform_mutex_destroy(&team->lock);
    free_team(team);
}

void workers_abandon(struct workers *team)
{
    if (team)
        free_team(team);
}

/* Almost equal items keep their places, for what one was the other may be next time. */
static void sort_share(const struct workers *team, int begin, int end)
{
    for (int i = begin + 1; i < end; i++) {
        const int item = team->order[i];
        const uint64_t duration = team->durations[item];
        int place = i;
        for (; place > begin; place--) {
            const uint64_t before = team->durations[team->order[place - 1]];
            if (duration <= before + before / 8)
                break;
            team->order[place] = team->order[place - 1];
        }
        team->order[place] = item;
    }
}

static void run_all(struct workers *team, workers_function function, void *context)
{
    team->run_function = function;
    team->run_context = context;
    platform_atomic_store(&team->done, 0);
    for (size_t i = 0; i < team->threads; i++)
        platform_atomic_store(&team->shares[i].next, i ? team->shares[i - 1].end : 0);
    if (team->threads > 1)
        call_team(team);
    work_through_shares(team, 0);
    for (;;) {
        const int done = platform_atomic_load(&team->done);
        if (done == (int)team->items)
            return;
        if (!spin_while_equal(team, &team->done, done))
            continue;
        platform_mutex_lock(&team->lock);
        platform_atomic_store(&team->caller_sleeps, 1);
        while (platform_atomic_load(&team->done) != (int)team->items)
            platform_condition_wait(&team->progress, &team->lock);
        platform_atomic_store(&team->caller_sleeps, 0);
        platform_mutex_unlock(&team->lock);
    }
}

void workers_run(struct workers *team, workers_function function, void *context)
{
    team->is_ordered = team->is_timed = false;
    run_all(team, function, context);
}

void workers_run_longest_first(struct workers *team, workers_function function, void *context)
{
    team->is_ordered = team->threads > 1;
    team->is_timed = team->is_ordered && ++team->ordered_runs % RUNS_BETWEEN_TIMED_ONES == 2;
    run_all(team, function, context);
    for (size_t i = 0; team->is_timed && i < team->threads; i++)
        sort_share(team, i ? team->shares[i - 1].end : 0, team->shares[i].end);
}

bool workers_submit(struct workers *team, workers_function function, void *context,
                    const size_t *items, size_t count)
{
    if (!start_member(team, 0))
        return false;
    /* Threads that do what was submitted before read these; only an idle team gets other ones. */
    if (team->submit_function != function || team->submit_context != context) {
        team->submit_function = function;
        team->submit_context = context;
    }
    for (size_t i = 0; i < count; i++) {
        const int end = team->submitted_end;
        platform_atomic_store(place_in(team, team->submitted, end), (int)items[i]);
        platform_atomic_store(&team->submitted_end, after(end));
    }
    add(&team->submissions, 1);
    call_team(team);
    return true;
}

size_t workers_take(struct workers *team, size_t *items, size_t count,
                    unsigned long long timeout_nsec)
{
    size_t taken = 0;
    while (taken < count) {
        volatile int *place = place_in(team, team->finished, team->taken);
        if (platform_atomic_load(place) == 0 && spin_while_equal(team, place, 0)) {
            platform_mutex_lock(&team->lock);
            platform_atomic_store(&team->caller_sleeps, 1);
            if (platform_atomic_load(place) == 0)
                platform_condition_wait_for(&team->progress, &team->lock, timeout_nsec);
            platform_atomic_store(&team->caller_sleeps, 0);
            platform_mutex_unlock(&team->lock);
            if (platform_atomic_load(place) == 0)
                return taken;
        }
        items[taken++] = (size_t)platform_atomic_exchange(place, 0) - 1;
        team->taken = after(team->taken);
    }
    return taken;
}
