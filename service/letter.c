#include "service/letter.h"

#include "service/change_words.h"
#include "service/watching.h"

/* What is left for the short members behind a part that just fits. */
#define RESERVE 512

void letter_open(struct letter *letter, enum pg_event_id id) {
  pg_text_init(&letter->raw, PG_EVENT_STRING_MAX);
  pg_text_init(&letter->first, PG_EVENT_STRING_MAX);
  pg_text_init(&letter->second, PG_EVENT_STRING_MAX);
  pg_text_init(&letter->json, 4u * PG_EVENT_STRING_MAX);
  pg_text_init(&letter->summary, PG_EVENT_STRING_MAX);
  letter->time = clock_wall();
  letter->last_port = 0;
  letter->truncated = false;
  pg_json_start(&letter->writer, &letter->json);
  letter->writer.escape_percent = true;
  pg_json_object(&letter->writer);
  if (id != LETTER_NO_EVENT)
    pg_json_key_int(&letter->writer, "event", id);
  pg_json_key_str(&letter->writer, "at", pg_time_format(letter->time, letter->at));
}

static void letter_close(struct letter *letter) {
  pg_text_free(&letter->raw);
  pg_text_free(&letter->first);
  pg_text_free(&letter->second);
  pg_text_free(&letter->json);
  pg_text_free(&letter->summary);
}

void letter_escape(struct letter *letter, struct pg_text *to) {
  pg_text_escaped(to, pg_text_str(&letter->raw), PG_SHOWN_CHARS);
  pg_text_clear(&letter->raw);
}

void letter_part_open(struct letter_part *part) {
  pg_text_init(&part->text, PG_EVENT_STRING_MAX - RESERVE);
  pg_json_start(&part->json, &part->text);
  part->json.escape_percent = true;
}

bool letter_part_add(struct letter *letter, const char *key, struct letter_part *part) {
  const struct pg_text *text = &part->text;
  bool fits =
      !text->failed && text->len + letter->json.len < PG_EVENT_STRING_MAX - RESERVE;
  if (fits && key != NULL)
    pg_json_key(&letter->writer, key);
  if (fits)
    pg_json_raw(&letter->writer, text->data, text->len);
  else
    letter->truncated = true;
  pg_text_free(&part->text);
  return fits;
}

void letter_string(struct letter *letter, const char *key, const char *value) {
  struct letter_part part;
  letter_part_open(&part);
  pg_json_str(&part.json, value);
  (void)letter_part_add(letter, key, &part);
}

static void end_json(struct letter *letter) {
  if (letter->truncated)
    pg_json_key_bool(&letter->writer, "truncated", true);
  pg_json_end_object(&letter->writer);
}

void letter_show(struct loop *loop, struct letter *letter, uint16_t port) {
  end_json(letter);
  (void)watching_show(loop, letter, LETTER_NO_EVENT, port);
  letter_close(letter);
}

void letter_send(struct loop *loop, struct letter *letter, enum pg_event_id id,
                 uint16_t key, bool guarded, const char **strings, size_t count) {
  struct pg_event event = {id, pg_event_level(id, guarded), count, {0}};
  end_json(letter);
  strings[count - 1] = pg_text_str(&letter->json);
  for (size_t i = 0; i < count; i++)
    event.strings[i] = strings[i];
  /* What is too much for a log is shown and remembered all the same. */
  int64_t shown = 0;
  if (letter->summary.len == 0)
    change_words(&letter->summary, &event);
  if (pg_event_is_change(id))
    shown = watching_show(loop, letter, id, key);
  recorder_event(loop, letter, id, key, shown);
  metering_event(loop, id, key);
  emit(&loop->emitter, &event, key, guarded, clock_mono());
  letter_close(letter);
}

const char *letter_port(uint16_t port, char out[8]) {
  (void)snprintf(out, 8, "%u", (unsigned)port);
  return out;
}
