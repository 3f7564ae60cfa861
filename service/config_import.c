#include "service/config_import.h"

#include "common/limits.h"
#include "common/text.h"
#include "service/policy/config.h"
#include "service/state.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define NS_PER_MS UINT64_C(1000000)

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

/* --- reading what may never answer --- */

/* The folders above a file outside of ours may be anybody's, and who may read a file can
 * keep everybody who opens it waiting (an oplock). So it is read by a thread that can be
 * left to itself; whoever is done last frees this. */
struct reading {
  uv_mutex_t lock;
  uv_cond_t ended;
  bool done, left; /* by the thread; by who waited for it */
  enum pg_error error;
  struct pg_fault fault;
  struct pg_text text;
  char path[];
};

static void reading_free(struct reading *reading) {
  uv_mutex_destroy(&reading->lock);
  uv_cond_destroy(&reading->ended);
  pg_text_free(&reading->text);
  free(reading);
}

static struct reading *reading_new(const char *path) {
  size_t size = strlen(path) + 1;
  struct reading *reading = calloc(1, sizeof *reading + size);
  if (reading == NULL)
    return NULL;
  memcpy(reading->path, path, size);
  if (uv_mutex_init(&reading->lock) != 0)
    goto failed;
  if (uv_cond_init(&reading->ended) == 0)
    return reading;
  uv_mutex_destroy(&reading->lock);
failed:
  free(reading);
  return NULL;
}

static void read_in_thread(void *context) {
  struct reading *reading = context;
  reading->error =
      files_read_at(reading->path, PG_CONFIG_MAX, &reading->text, &reading->fault);
  uv_mutex_lock(&reading->lock);
  reading->done = true;
  bool left = reading->left;
  uv_cond_signal(&reading->ended);
  uv_mutex_unlock(&reading->lock);
  if (left)
    reading_free(reading);
}

/* False: not within the time; then the thread has it for itself. */
static bool wait_for(struct reading *reading) {
  uint64_t end = uv_hrtime() + PG_IMPORT_MS * NS_PER_MS;
  uv_mutex_lock(&reading->lock);
  for (uint64_t now; !reading->done && (now = uv_hrtime()) < end;)
    (void)uv_cond_timedwait(&reading->ended, &reading->lock, end - now);
  bool done = reading->done;
  reading->left = !done;
  uv_mutex_unlock(&reading->lock);
  return done;
}

/* As files_read_at; PG_E_TIMEOUT: it did not answer. */
static enum pg_error read_in_time(const char *path, struct pg_text *text,
                                  struct pg_fault *fault) {
  uv_thread_t thread;
  char shown[PG_SHOWN_CHARS];
  struct reading *reading = reading_new(path);
  pg_text_init(text, 0);
  if (reading == NULL)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  if (uv_thread_create(&thread, read_in_thread, reading) != 0) {
    reading_free(reading);
    return pg_fail(fault, PG_E_NOMEM, "no memory for a thread");
  }
  if (!wait_for(reading))
    return pg_fail(fault, PG_E_TIMEOUT,
                   "\"%s\" could not be read within %d s: its disk does not answer, or a "
                   "program keeps others from opening it",
                   pg_escape(shown, sizeof shown, path), PG_IMPORT_MS / 1000);
  uv_thread_join(&thread);
  enum pg_error error = reading->error;
  *fault = reading->fault;
  *text = reading->text;
  pg_text_init(&reading->text, 0);
  reading_free(reading);
  return error;
}

/* --- the import --- */

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
  enum pg_error error = read_in_time(path, &text, fault);
  if (error == PG_OK)
    error = check(&text, fault);
  if (error == PG_OK)
    error = put(files, name, &text, fault);
  pg_text_free(&text);
  return error;
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
  bool passes = files_may_pass(error);
  if (passes)
    say_it_is_tried_again(&fault);
  if (error != PG_OK)
    configuration_tell_rejected(loop, wanted->path, &fault);
  if (!passes)
    wanted->forget();
}
