#include "service/history/tenancy.h"

#include "common/text.h"

#include <string.h>

struct line {
  const char *text; /* NULL: the list has ended */
  size_t len;
};

static struct line line_at(const char *list) {
  struct line line = {NULL, 0};
  if (list == NULL || *list == '\0')
    return line;
  const char *end = strchr(list, '\n');
  line.text = list;
  line.len = end != NULL ? (size_t)(end - list) : strlen(list);
  return line;
}

static struct line next(const struct line *line) {
  const char *end = line->text + line->len;
  return line_at(*end == '\n' ? end + 1 : end);
}

/* In the order of the lists: by kind, then by name without regard to case. */
static int compare_part(const char *a, size_t a_len, const char *b, size_t b_len,
                        bool exact) {
  size_t len = a_len < b_len ? a_len : b_len;
  int order = exact ? strncmp(a, b, len) : pg_casecmp_n(a, b, len);
  return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

static size_t kind_len(const struct line *line) {
  const char *colon = memchr(line->text, ':', line->len);
  return colon != NULL ? (size_t)(colon - line->text) : line->len;
}

static int compare(const struct line *a, const struct line *b) {
  size_t a_kind = kind_len(a), b_kind = kind_len(b);
  int order = compare_part(a->text, a_kind, b->text, b_kind, true);
  return order != 0 ? order
                    : compare_part(a->text + a_kind, a->len - a_kind, b->text + b_kind,
                                   b->len - b_kind, false);
}

void tenancy_compare(const char *before, const char *after,
                     void (*each)(void *context, const char *identity, size_t len,
                                  bool begins),
                     void *context) {
  struct line old = line_at(before), new = line_at(after);
  while (old.text != NULL || new.text != NULL) {
    int order = old.text == NULL ? 1 : new.text == NULL ? -1 : compare(&old, &new);
    if (order < 0)
      each(context, old.text, old.len, false);
    else if (order > 0)
      each(context, new.text, new.len, true);
    if (order <= 0)
      old = next(&old);
    if (order >= 0)
      new = next(&new);
  }
}
