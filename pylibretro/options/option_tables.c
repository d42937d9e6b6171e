/* A declaration is first written down as one text, whatever its version: every string behind a
   byte that says what it is. Two declarations are the same if their texts are. */

#if !defined(_GNU_SOURCE) && !defined(_WIN32)
#define _GNU_SOURCE 1
#endif

#include "option_tables.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "platform.h"

enum { TEXT_LIMIT = 16 << 20 };

/* What begins a string, or stands instead of one. The first string of each is a key or a value. */
enum { NOTHING = 1, TEXT, OPTION, VALUE, CATEGORY };

struct writer {
    char *text;
    size_t used, capacity;
    size_t options, values, categories;
    bool failed;
};

/* ---- writing a declaration down ------------------------------------------------------------- */

static void put(struct writer *writer, int kind, const char *text, size_t length)
{
    const size_t needed = writer->used + length + 2;
    if (needed > writer->capacity && !writer->failed) {
        const size_t capacity = needed > 4096 ? 2 * needed : 8192;
        char *larger = capacity <= TEXT_LIMIT ? realloc(writer->text, capacity) : NULL;
        writer->failed = !larger;
        if (larger) {
            writer->text = larger;
            writer->capacity = capacity;
        }
    }
    if (writer->failed)
        return;
    char *place = writer->text + writer->used;
    *place++ = (char)kind;
    if (length)
        memcpy(place, text, length);
    place[length] = 0;
    writer->used = needed;
}

static void put_text(struct writer *writer, int kind, const char *text)
{
    put(writer, text ? kind : NOTHING, text, text ? strlen(text) : 0);
}

static void put_option(struct writer *writer, const struct retro_core_option_v2_definition *option)
{
    put_text(writer, OPTION, option->key);
    put_text(writer, TEXT, option->desc);
    put_text(writer, TEXT, option->desc_categorized);
    put_text(writer, TEXT, option->info);
    put_text(writer, TEXT, option->info_categorized);
    put_text(writer, TEXT, option->category_key);
    put_text(writer, TEXT, option->default_value);
    writer->options++;
}

static void put_value(struct writer *writer, const char *value, size_t length, const char *label)
{
    put(writer, VALUE, value, length);
    put_text(writer, TEXT, label);
    writer->values++;
}

static const char *local_text(const char *local, const char *us)
{
    return local && *local ? local : us;
}

static const char *local_label(const struct retro_core_option_value *local, const char *value,
                               const char *us)
{
    for (int i = 0; local && i < RETRO_NUM_CORE_OPTION_VALUES_MAX && local[i].value; i++) {
        if (strcmp(local[i].value, value) == 0)
            return local_text(local[i].label, us);
    }
    return us;
}

/* An option without values does not count, unless it has at least a default. */
static void put_option_with_values(struct writer *writer,
                                   const struct retro_core_option_v2_definition *option,
                                   const struct retro_core_option_value *values,
                                   const struct retro_core_option_value *local)
{
    size_t count = 0;
    while (count < RETRO_NUM_CORE_OPTION_VALUES_MAX && values[count].value)
        count++;
    if (count == 0 && !option->default_value)
        return;
    put_option(writer, option);
    for (size_t i = 0; i < count; i++)
        put_value(writer, values[i].value, strlen(values[i].value),
                  local_label(local, values[i].value, values[i].label));
    if (count == 0)
        put_value(writer, option->default_value, strlen(option->default_value), NULL);
}

/* The last semicolon before the values, because descriptions may hold some, too. */
static const char *end_of_description(const char *text)
{
    const char *end = NULL;
    for (; *text && *text != '|'; text++)
        if (*text == ';')
            end = text;
    return end;
}

/* "Description; first|second|third", the first being the default */
static void put_variable(struct writer *writer, const struct retro_variable *variable)
{
    const char *value = end_of_description(variable->value);
    if (!value)
        return;
    put_text(writer, OPTION, variable->key);
    put(writer, TEXT, variable->value, (size_t)(value - variable->value));
    for (int i = 0; i < 5; i++)
        put_text(writer, TEXT, NULL);
    writer->options++;
    value++;
    while (*value == ' ')
        value++;
    for (;;) {
        const size_t length = strcspn(value, "|");
        put_value(writer, value, length, NULL);
        if (!value[length])
            return;
        value += length + 1;
    }
}

static uint64_t hash_of(const char *text, size_t length)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)text[i]) * 1099511628211u;
    return hash;
}

/* ---- making a table of it ------------------------------------------------------------------- */

static const char *take(const char **place)
{
    const char *text = **place == NOTHING ? NULL : *place + 1;
    *place += strlen(*place) + 1;
    return text;
}

static void take_option(struct option_declaration *option, struct option_value *values,
                        const char **place, const char *end)
{
    option->key = take(place);
    option->description = take(place);
    option->description_in_category = take(place);
    option->info = take(place);
    option->info_in_category = take(place);
    option->category = take(place);
    const char *default_value = take(place);
    option->values = values;
    while (*place < end && **place == VALUE) {
        values->value = take(place);
        values->label = take(place);
        if (default_value && strcmp(values->value, default_value) == 0) {
            option->default_index = option->value_count;
            default_value = NULL;
        }
        values++;
        option->value_count++;
    }
}

/* Of options that are declared twice, the first counts, for whoever asks for one finds that. */
static void leave_out_repeated(struct option_table *table)
{
    size_t places = 16, kept = 0;
    while (places < 2 * table->option_count)
        places *= 2;
    size_t *found = calloc(places, sizeof *found);
    if (!found)
        return;
    for (size_t i = 0; i < table->option_count; i++) {
        const char *key = table->options[i].key;
        size_t place = hash_of(key, strlen(key)) % places;
        while (found[place] && strcmp(table->options[found[place] - 1].key, key) != 0)
            place = (place + 1) % places;
        if (found[place])
            continue;
        table->options[kept] = table->options[i];
        found[place] = ++kept;
    }
    table->option_count = kept;
    free(found);
}

static size_t aligned(size_t size)
{
    return (size + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
}

/* One block of memory with all that a table needs. */
static struct option_table *table_of(const struct writer *writer, uint64_t hash)
{
    const size_t options = aligned(sizeof(struct option_table));
    const size_t values = options + writer->options * sizeof(struct option_declaration);
    const size_t categories = values + writer->values * sizeof(struct option_value);
    const size_t text = categories + writer->categories * sizeof(struct option_category);
    char *memory = calloc(1, text + writer->used);
    if (!memory)
        return NULL;
    struct option_table *table = (struct option_table *)memory;
    table->references = 1;
    table->bytes = text + writer->used;
    table->hash = hash;
    table->text = memory + text;
    if (writer->used)
        memcpy(memory + text, writer->text, writer->used);
    table->text_bytes = writer->used;
    table->options = (struct option_declaration *)(memory + options);
    table->categories = (struct option_category *)(memory + categories);
    struct option_value *free_values = (struct option_value *)(memory + values);
    const char *place = table->text, *end = table->text + table->text_bytes;
    while (place < end && *place == CATEGORY) {
        struct option_category *category = &table->categories[table->category_count++];
        category->key = take(&place);
        category->description = take(&place);
        category->info = take(&place);
    }
    while (place < end) {
        struct option_declaration *option = &table->options[table->option_count++];
        take_option(option, free_values, &place, end);
        free_values += option->value_count;
    }
    leave_out_repeated(table);
    return table;
}

/* ---- sharing -------------------------------------------------------------------------------- */

enum { CHAINS = 64 };

static struct option_table *tables[CHAINS];

/* Held for moments, by threads of cores as well. A child of fork() may find it held by a thread
   that it has not got, so it says in which generation of processes it is held. */
static volatile int holder;

static void lock_tables(int fork_generation)
{
    while (platform_atomic_exchange(&holder, fork_generation + 1) == fork_generation + 1)
        platform_thread_yield();
}

static void unlock_tables(void)
{
    platform_atomic_store(&holder, 0);
}

static struct option_table *find_table(const struct writer *writer, uint64_t hash)
{
    struct option_table *table = tables[hash % CHAINS];
    while (table && (table->hash != hash || table->text_bytes != writer->used ||
                     (writer->used && memcmp(table->text, writer->text, writer->used) != 0)))
        table = table->next;
    if (table)
        table->references++;
    return table;
}

static struct option_table *shared_table(struct writer *writer, int fork_generation)
{
    struct option_table *table = NULL, *made = NULL;
    if (!writer->failed) {
        const uint64_t hash = hash_of(writer->text, writer->used);
        lock_tables(fork_generation);
        table = find_table(writer, hash);
        unlock_tables();
        if (!table)
            made = table_of(writer, hash);
        if (made) {
            lock_tables(fork_generation);
            table = find_table(writer, hash); /* another thread may have been faster */
            if (!table) {
                table = made;
                made = NULL;
                table->next = tables[hash % CHAINS];
                tables[hash % CHAINS] = table;
            }
            unlock_tables();
        }
    }
    free(made);
    free(writer->text);
    return table;
}

void option_table_release(struct option_table *table, int fork_generation)
{
    lock_tables(fork_generation);
    const bool unused = --table->references == 0;
    if (unused) {
        struct option_table **link = &tables[table->hash % CHAINS];
        while (*link != table)
            link = &(*link)->next;
        *link = table->next;
    }
    unlock_tables();
    if (unused)
        free(table);
}

/* ---- the versions --------------------------------------------------------------------------- */

struct option_table *option_table_of_variables(const struct retro_variable *variables,
                                               int fork_generation)
{
    struct writer writer = {0};
    if (!variables)
        return NULL;
    for (; variables->key && variables->value; variables++) /* either ends the list */
        put_variable(&writer, variables);
    return shared_table(&writer, fork_generation);
}

static const struct retro_core_option_definition *
definition_of(const struct retro_core_option_definition *definitions, const char *key)
{
    for (; definitions && definitions->key; definitions++) {
        if (strcmp(definitions->key, key) == 0)
            return definitions;
    }
    return NULL;
}

struct option_table *
option_table_of_definitions(const struct retro_core_option_definition *definitions,
                            const struct retro_core_option_definition *local, int fork_generation)
{
    struct writer writer = {0};
    if (!definitions)
        return NULL;
    for (; definitions->key; definitions++) {
        const struct retro_core_option_definition *texts = definition_of(local, definitions->key);
        if (!texts)
            texts = definitions;
        const struct retro_core_option_v2_definition option = {
            .key = definitions->key,
            .desc = local_text(texts->desc, definitions->desc),
            .info = local_text(texts->info, definitions->info),
            .default_value = definitions->default_value,
        };
        put_option_with_values(&writer, &option, definitions->values, texts->values);
    }
    return shared_table(&writer, fork_generation);
}

static const struct retro_core_option_v2_category *
category_of(const struct retro_core_options_v2 *declared, const char *key)
{
    const struct retro_core_option_v2_category *category = declared ? declared->categories : NULL;
    for (; category && category->key; category++) {
        if (strcmp(category->key, key) == 0)
            return category;
    }
    return NULL;
}

static const struct retro_core_option_v2_definition *
definition_of_v2(const struct retro_core_options_v2 *declared, const char *key)
{
    const struct retro_core_option_v2_definition *option = declared ? declared->definitions : NULL;
    for (; option && option->key; option++) {
        if (strcmp(option->key, key) == 0)
            return option;
    }
    return NULL;
}

struct option_table *option_table_of_v2(const struct retro_core_options_v2 *declared,
                                        const struct retro_core_options_v2 *local,
                                        int fork_generation)
{
    struct writer writer = {0};
    if (!declared || !declared->definitions)
        return NULL;
    const struct retro_core_option_v2_category *category = declared->categories;
    for (; category && category->key; category++) {
        const struct retro_core_option_v2_category *texts = category_of(local, category->key);
        if (!texts)
            texts = category;
        put_text(&writer, CATEGORY, category->key);
        put_text(&writer, TEXT, local_text(texts->desc, category->desc));
        put_text(&writer, TEXT, local_text(texts->info, category->info));
        writer.categories++;
    }
    for (const struct retro_core_option_v2_definition *us = declared->definitions; us->key; us++) {
        const struct retro_core_option_v2_definition *texts = definition_of_v2(local, us->key);
        if (!texts)
            texts = us;
        const struct retro_core_option_v2_definition option = {
            .key = us->key,
            .desc = local_text(texts->desc, us->desc),
            .desc_categorized = local_text(texts->desc_categorized, us->desc_categorized),
            .info = local_text(texts->info, us->info),
            .info_categorized = local_text(texts->info_categorized, us->info_categorized),
            .category_key = us->category_key,
            .default_value = us->default_value,
        };
        put_option_with_values(&writer, &option, us->values, texts->values);
    }
    return shared_table(&writer, fork_generation);
}
