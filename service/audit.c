/* Who controlled the service, and who was not let: events 1400 and 1401. An account's
 * name is looked up before it is written down, in the lane for names. */
#include "common/text.h"
#include "service/letter.h"

#include <string.h>

static bool may_have_name(const struct loop *loop, const struct audit_note *note) {
  return loop->options.source.look_up_account != NULL &&
         pg_casecmp_n(note->user, "S-1-", 4) == 0;
}

/* NULL: not known, and nobody can be asked. */
static const char *name_of(const struct loop *loop, const struct audit_note *note) {
  const char *name = account_well_known(note->user);
  if (name == NULL)
    name = account_names_find(loop->names, note->user);
  return name != NULL && name[0] != '\0' ? name : NULL;
}

static void write_note(struct loop *loop, const struct audit_note *note) {
  const char *name = name_of(loop, note);
  struct letter letter;
  letter_open(&letter, note->event);
  pg_text_printf(&letter.raw, "%s (%s)", name != NULL ? name : "unknown", note->user);
  letter_escape(&letter, &letter.first);
  pg_text_str_add(&letter.raw, note->what);
  letter_escape(&letter, &letter.second);
  pg_json_key_str(&letter.writer, "account", name);
  pg_json_key_str(&letter.writer, "user", note->user);
  pg_json_key_str(&letter.writer, "what", note->what);
  if (note->event == PG_EVENT_CONTROL_DENIED) {
    const char *strings[] = {pg_text_str(&letter.first), pg_text_str(&letter.second),
                             NULL};
    letter_send(loop, &letter, note->event, 0, false, strings, 3);
    return;
  }
  struct pg_text result;
  pg_text_init(&result, PG_EVENT_STRING_MAX);
  pg_text_escaped(&result, note->result, PG_SHOWN_CHARS);
  pg_json_key_str(&letter.writer, "result", note->result);
  const char *strings[] = {pg_text_str(&letter.first), pg_text_str(&letter.second),
                           pg_text_str(&result), NULL};
  letter_send(loop, &letter, note->event, 0, false, strings, 4);
  pg_text_free(&result);
}

static void take_first(struct audit *audit) {
  audit->count--;
  memmove(audit->notes, audit->notes + 1, audit->count * sizeof *audit->notes);
}

static void add_note(struct loop *loop, const struct audit_note *note) {
  struct audit *audit = &loop->audit;
  if (!may_have_name(loop, note) || name_of(loop, note) != NULL || loop->stopping) {
    write_note(loop, note);
    return;
  }
  if (audit->count == AUDIT_WAITING) { /* rather without a name than not at all */
    write_note(loop, &audit->notes[0]);
    take_first(audit);
  }
  audit->notes[audit->count++] = *note;
  readings_look_up(loop);
}

static void fill(struct audit_note *note, enum pg_event_id event, const char *user,
                 const char *what, const char *result) {
  memset(note, 0, sizeof *note);
  note->event = event;
  (void)pg_copy(note->user, sizeof note->user, user);
  (void)pg_copy(note->what, sizeof note->what, what);
  (void)pg_copy(note->result, sizeof note->result, result);
}

void audit_denied(struct loop *loop, const char *user, const char *named) {
  struct audit_note note;
  fill(&note, PG_EVENT_CONTROL_DENIED, user, named != NULL ? named : "an unknown verb",
       "");
  add_note(loop, &note);
}

void audit_done(struct loop *loop, const char *user, const char *what,
                const char *result) {
  struct audit_note note;
  fill(&note, PG_EVENT_CONTROL_DONE, user, what, result);
  add_note(loop, &note);
}

const char *audit_wanted(const struct loop *loop) {
  return loop->audit.count > 0 ? loop->audit.notes[0].user : NULL;
}

/* Each note waits for one look-up at most. */
void audit_looked_up(struct loop *loop) {
  struct audit *audit = &loop->audit;
  bool first = true;
  while (audit->count > 0 && (first || name_of(loop, &audit->notes[0]) != NULL)) {
    struct audit_note note = audit->notes[0];
    take_first(audit);
    write_note(loop, &note);
    first = false;
  }
}

void audit_finish(struct loop *loop) {
  while (loop->audit.count > 0)
    audit_looked_up(loop);
}
