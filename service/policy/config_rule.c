/* One rule of a configuration. */
#include "service/policy/config_parts.h"

#include "common/limits.h"
#include "common/protected.h"
#include "common/sort.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define WORD(name, text) text,

static const char *const rule_keys[] = {
    "name",     "mode",      "ports",      "services",    "action",   "dependents",
    "schedule", "confirm_s", "cooldown_s", "max_strikes", "window_s", "on_strikes"};
static const char *const window_keys[] = {"days", "from", "to"};
static const char *const modes[] = {PG_RULE_MODE_LIST(WORD)};
static const char *const actions[] = {PG_RULE_ACTION_LIST(WORD)};
static const char *const dependents[] = {PG_RULE_DEPENDENTS_LIST(WORD)};
static const char *const strikes[] = {PG_RULE_STRIKES_LIST(WORD)};
static const char *const days[] = {PG_DAY_LIST(WORD)};

static const char *read_name(struct pg_fields *in) {
  const char *name = pg_fields_text(in, "name", PG_NEEDED);
  size_t chars = name != NULL ? pg_utf8_chars(name) : 1;
  if (chars < 1 || chars > PG_RULE_NAME_CHARS)
    pg_fields_wrong(in, "name", pg_json_member(in->object, "name"), "1-64 characters");
  return name;
}

/* --- services --- */

static void check_service(struct pg_fields *in, size_t index, const cJSON *value) {
  char place[PG_PLACE_CHARS];
  const char *name = value->valuestring; /* they are strings: they were copied */
  size_t chars = pg_utf8_chars(name);
  config_element("services", index, place);
  if (chars < 1 || chars > PG_SERVICE_NAME_CHARS)
    pg_fields_wrong(in, place, value, "the name of a service, 1-256 characters");
  else if (strpbrk(name, "*?") != NULL)
    pg_fields_wrong(in, place, value,
                    "the exact name of one service: there are no wildcards");
  else if (strpbrk(name, "/\\") != NULL)
    pg_fields_wrong(in, place, value,
                    "the name of a service, which has neither / nor \\");
  else if (pg_service_is_protected(name))
    pg_fields_wrong(in, place, value,
                    "a service that may be stopped: this one is protected");
}

struct named {
  const char *name;
  size_t index;
};

static int by_name(const void *left, const void *right) {
  const struct named *a = left, *b = right;
  return pg_casecmp(a->name, b->name);
}

/* Drops all but the first of equal names, and keeps the order. False: no memory. */
static bool drop_repeated(struct pg_arena *arena, const char **names, size_t *count) {
  struct named *sorted = pg_arena_alloc(arena, *count, sizeof *sorted);
  size_t kept = 0;
  if (sorted == NULL)
    return false;
  for (size_t i = 0; i < *count; i++)
    sorted[i] = (struct named){names[i], i};
  if (!pg_sort(sorted, *count, sizeof *sorted, by_name))
    return false;
  for (size_t i = 1; i < *count; i++)
    if (by_name(&sorted[i - 1], &sorted[i]) == 0)
      names[sorted[i].index] = NULL;
  for (size_t i = 0; i < *count; i++)
    if (names[i] != NULL)
      names[kept++] = names[i];
  *count = kept;
  return true;
}

static void read_services(struct pg_fields *in, struct pg_rule *rule) {
  size_t count, index = 0;
  const cJSON *list = config_filled(in, "services", &count);
  const char *const *names =
      list != NULL ? pg_fields_texts(in, "services", &count) : NULL;
  if (names == NULL || in->error != PG_OK)
    return;
  for (const cJSON *value = list->child; value != NULL; value = value->next)
    check_service(in, index++, value);
  /* The arena's memory is ours to write; the type only says what a reader may do. */
  if (in->error == PG_OK && !drop_repeated(in->arena, (const char **)names, &count))
    pg_fields_no_memory(in);
  rule->services = names;
  rule->service_count = count;
}

/* --- the schedule --- */

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* Minutes after midnight of "HH:MM", or -1. */
static int parse_time(const char *text) {
  if (strlen(text) != 5 || !is_digit(text[0]) || !is_digit(text[1]) || text[2] != ':' ||
      !is_digit(text[3]) || !is_digit(text[4]))
    return -1;
  int hours = (text[0] - '0') * 10 + text[1] - '0';
  int minutes = (text[3] - '0') * 10 + text[4] - '0';
  return hours > 24 || minutes > 59 ? -1 : hours * 60 + minutes;
}

static uint16_t read_time(struct pg_fields *in, const char *key, int last,
                          const char *expected) {
  const cJSON *value = pg_fields_member(in, key, PG_NEEDED);
  int minutes = cJSON_IsString(value) ? parse_time(value->valuestring) : -1;
  if (value != NULL && (minutes < 0 || minutes > last))
    pg_fields_wrong(in, key, value, expected);
  return minutes < 0 ? 0 : (uint16_t)minutes;
}

static uint8_t read_days(struct pg_fields *in) {
  char place[PG_PLACE_CHARS];
  size_t count, index = 0;
  unsigned bits = 0;
  const cJSON *list = config_filled(in, "days", &count);
  for (const cJSON *day = list != NULL ? list->child : NULL; day != NULL; day = day->next)
    bits |= 1u << config_word_of(in, config_element("days", index++, place), day, days,
                                 COUNT(days));
  return (uint8_t)bits;
}

static void read_window(struct pg_fields *in, struct pg_window *window) {
  in->what = "a window of a schedule";
  config_keys(in, window_keys, COUNT(window_keys));
  window->days = read_days(in);
  window->from = read_time(in, "from", 24 * 60 - 1, "a time from 00:00 to 23:59");
  window->to = read_time(in, "to", 24 * 60, "a time from 00:00 to 24:00");
  if (window->from == window->to)
    pg_fields_wrong(in, "to", pg_json_member(in->object, "to"),
                    "another time than \"from\" (all day is 00:00 to 24:00)");
  if (window->to == 0) /* the window before midnight, whichever way it is written */
    window->to = 24 * 60;
}

static bool has_too_many(struct pg_fields *in, size_t windows) {
  char words[96];
  if (windows <= PG_WINDOWS_MAX)
    return false;
  snprintf(words, sizeof words, "found %lu windows, expected at most %d",
           (unsigned long)windows, PG_WINDOWS_MAX);
  pg_fields_complain(in, "schedule", words);
  return true;
}

static int compare_windows(const void *left, const void *right) {
  return ((const struct pg_window *)left)->from - ((const struct pg_window *)right)->from;
}

/* Stays at the rule. */
static void read_schedule(struct pg_fields *in, struct pg_rule *rule) {
  char list[PG_PLACE_CHARS], place[PG_PLACE_CHARS];
  const cJSON *object = in->object, *row;
  size_t count, index = 0;
  if (pg_json_member(in->object, "schedule") == NULL)
    return;
  const cJSON *rows = config_filled(in, "schedule", &count);
  if (rows == NULL || has_too_many(in, count))
    return;
  struct pg_window *windows = pg_arena_alloc(in->arena, count, sizeof *windows);
  if (windows == NULL) {
    pg_fields_no_memory(in);
    return;
  }
  memcpy(place, in->place, sizeof place);
  snprintf(list, sizeof list, "%.32s.schedule", place);
  for (row = rows->child; row != NULL; row = row->next, index++)
    if (pg_fields_enter_row(in, list, index, row))
      read_window(in, &windows[index]);
  memcpy(in->place, place, sizeof place);
  in->object = object;
  if (!pg_sort(windows, count, sizeof *windows, compare_windows))
    pg_fields_no_memory(in);
  rule->windows = windows;
  rule->window_count = count;
}

/* --- the rule --- */

void config_rule(struct pg_fields *in, struct pg_rule *rule) {
  size_t count;
  in->what = "a rule";
  config_keys(in, rule_keys, COUNT(rule_keys));
  rule->name = read_name(in);
  if (config_filled(in, "ports", &count) != NULL)
    config_ports(in, "ports", &rule->ports);
  read_services(in, rule);
  rule->mode = (enum pg_rule_mode)config_word(in, "mode", modes, COUNT(modes));
  rule->written_mode = rule->mode;
  rule->action = (enum pg_rule_action)config_word(in, "action", actions, COUNT(actions));
  rule->dependents = (enum pg_rule_dependents)config_word(in, "dependents", dependents,
                                                          COUNT(dependents));
  rule->on_strikes =
      (enum pg_rule_strikes)config_word(in, "on_strikes", strikes, COUNT(strikes));
  rule->confirm_s = config_number(in, "confirm_s", 0, 3600, 2);
  rule->cooldown_s = config_number(in, "cooldown_s", 1, 86400, 30);
  rule->max_strikes = config_number(in, "max_strikes", 1, 100, 3);
  rule->window_s = config_number(in, "window_s", 10, 86400, 600);
  read_schedule(in, rule);
}
