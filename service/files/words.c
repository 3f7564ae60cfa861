#include "service/files/words.h"

#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_PATH 200

static enum pg_error about(struct pg_fault *fault, enum pg_error code, const char *path,
                           const char *words) {
  char shown[SHOWN_PATH];
  return pg_fail(fault, code, "\"%s\": %s", pg_escape(shown, sizeof shown, path), words);
}

enum pg_error files_missing(struct pg_fault *fault, const char *path) {
  return about(fault, PG_E_NOTFOUND, path, "there is no such file");
}

enum pg_error files_too_big(struct pg_fault *fault, const char *path, size_t max) {
  char words[80];
  snprintf(words, sizeof words, "larger than %lu bytes, the most it may have",
           (unsigned long)max);
  return about(fault, PG_E_TOOBIG, path, words);
}

enum pg_error files_unreadable(struct pg_fault *fault, const char *path,
                               const char *why) {
  return about(fault, PG_E_IO, path, why);
}

enum pg_error files_no_memory(struct pg_fault *fault) {
  return pg_fail(fault, PG_E_NOMEM, "not enough memory for a file");
}

char *files_join(const char *folder, char separator, const char *name) {
  size_t size = strlen(folder) + strlen(name) + 2;
  char *path = malloc(size);
  if (path != NULL)
    snprintf(path, size, "%s%c%s", folder, separator, name);
  return path;
}

bool files_stamps_differ(const struct files_stamp *a, const struct files_stamp *b) {
  return a->there != b->there || a->volume != b->volume || a->identity != b->identity ||
         a->size != b->size || a->written != b->written || a->changed != b->changed;
}

bool files_may_pass(enum pg_error error) {
  return error == PG_E_IO || error == PG_E_TIMEOUT || error == PG_E_NOMEM;
}
