#include "service/config_import.h"

#include "common/limits.h"
#include "common/text.h"
#include "service/policy/config.h"
#include "service/state.h"

#include <string.h>

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool config_import_is_local(const char *path) {
  if (!is_letter(path[0]) || path[1] != ':' || path[2] != '\\')
    return false;
  const char *rest = path + 3;
  return *rest != '\0' && strpbrk(rest, ":/*?\"<>|") == NULL &&
         strstr(rest, "..") == NULL && strstr(rest, "\\\\") == NULL;
}

static enum pg_error check(const struct pg_text *text, struct pg_fault *fault) {
  struct pg_settings *settings = NULL;
  enum pg_error error = config_read(pg_text_str(text), text->len, &settings, fault);
  settings_free(settings);
  return error;
}

/* What is there is kept by a copy, so that at no moment, not even when the disk is full
 * or the power fails, there is no configuration at all. Unless it is the same: then an
 * import that was cut off is repeated, and what it kept must stay. One that cannot be
 * trusted or read is not touched; the fault says how to mend that. */
static enum pg_error keep(struct files *files, const char *name,
                          const struct pg_text *fresh, bool *same,
                          struct pg_fault *fault) {
  struct pg_text text;
  enum pg_error error = files_read(files, name, PG_CONFIG_MAX, &text, fault);
  *same = error == PG_OK && text.len == fresh->len &&
          memcmp(pg_text_str(&text), pg_text_str(fresh), text.len) == 0;
  if (error == PG_OK && !*same)
    error = files_replace(files, CONFIG_IMPORT_KEPT, pg_text_str(&text), text.len, fault);
  pg_text_free(&text);
  return error == PG_E_NOTFOUND ? PG_OK : error;
}

static enum pg_error put(struct files *files, const char *name,
                         const struct pg_text *fresh, struct pg_fault *fault) {
  bool same = false;
  enum pg_error error = keep(files, name, fresh, &same, fault);
  if (error != PG_OK || same)
    return error;
  return files_replace(files, name, pg_text_str(fresh), fresh->len, fault);
}

enum pg_error config_import(struct files *files, const char *name, const char *path,
                            struct pg_fault *fault) {
  struct pg_text text;
  enum pg_error error = files_read_at(path, PG_CONFIG_MAX, &text, fault);
  if (error == PG_OK)
    error = check(&text, fault);
  if (error == PG_OK)
    error = put(files, name, &text, fault);
  pg_text_free(&text);
  return error;
}

bool config_import_is_over(enum pg_error error) {
  return error == PG_OK || error == PG_E_REFUSED || error == PG_E_NOTFOUND ||
         error == PG_E_FORMAT || error == PG_E_TOOBIG;
}

static void say_it_is_tried_again(struct pg_fault *fault) {
  char why[sizeof fault->message];
  (void)pg_copy(why, sizeof why, fault->message);
  pg_fail(fault, fault->code, "%.400s; it is tried again when the service starts next",
          why);
}

void config_import_run(struct loop *loop) {
  const struct config_import *wanted = loop->options.import;
  struct pg_fault fault = {.code = PG_OK};
  if (wanted == NULL || wanted->path == NULL || loop->options.config_files == NULL)
    return;
  enum pg_error error =
      wanted->refused
          ? pg_fail(&fault, PG_E_REFUSED,
                    "not imported: expected a full path on a drive of this machine, as "
                    "C:\\Deploy\\config.json")
          : config_import(loop->options.config_files, loop->options.config_name,
                          wanted->path, &fault);
  bool over = config_import_is_over(error);
  if (!over)
    say_it_is_tried_again(&fault);
  if (error != PG_OK)
    configuration_tell_rejected(loop, wanted->path, &fault);
  if (over)
    wanted->forget();
}
