#include "service/capture/capture_source.h"

#include "common/limits.h"
#include "common/text.h"
#include "service/capture/capture.h"
#include "service/capture/capture_file.h"

#include <stdlib.h>
#include <string.h>

/* File times are coarse: 2 s on FAT. A second write of the same length soon after
 * the first may leave the stamp as it was, so a fresh reading is checked once. */
#define SETTLE_MS 2500

struct capture_source {
  char *path;
  struct capture_stamp stamp; /* of the last reading */
  int64_t check_at;           /* monotonic: read once more then; 0: settled */
  bool loaded;                /* it could be read, whatever was in it */
  uint64_t digest;            /* of what was in it */
  char words[512];            /* why it could not be read */
};

static uint64_t fnv1a(const char *data, size_t len) {
  uint64_t hash = UINT64_C(14695981039346656037);
  for (size_t i = 0; i < len; i++) {
    hash = (hash ^ (unsigned char)data[i]) * UINT64_C(1099511628211);
  }
  return hash;
}

/* What cannot be read is tried again every time: a right or a lock may change
 * without leaving a trace in the file's stamp. */
static bool is_quiet(const struct capture_source *source,
                     const struct capture_stamp *stamp, int64_t now_mono) {
  bool check_due = source->check_at != 0 && now_mono >= source->check_at;
  return source->loaded && !check_due && capture_stamp_equal(&source->stamp, stamp);
}

/* Notes what was read. Returns true when it is news. */
static bool note(struct capture_source *source, const struct capture_stamp *stamp,
                 int64_t now_mono, const struct pg_text *text, const char *words) {
  bool loaded = words == NULL;
  uint64_t digest = loaded ? fnv1a(pg_text_str(text), text->len) : 0;
  bool same = loaded == source->loaded &&
              (loaded ? digest == source->digest : strcmp(words, source->words) == 0);

  if (!capture_stamp_equal(&source->stamp, stamp)) {
    source->check_at = now_mono + SETTLE_MS;
  } else if (now_mono >= source->check_at) {
    source->check_at = 0;
  }
  source->stamp = *stamp;
  source->loaded = loaded;
  source->digest = digest;
  pg_copy(source->words, sizeof source->words, loaded ? "" : words);
  return !same;
}

/* The tables are unknown, not empty, until the file is good again. */
static enum sample_outcome give_failed(const struct sample_order *order,
                                       const char *words, struct pg_snapshot **out) {
  struct pg_snapshot *snapshot = snapshot_new();
  if (snapshot == NULL)
    return SAMPLE_FAILED;

  snapshot->sampled_at = order->now;
  snapshot->sampled_mono = order->now_mono;
  snapshot->details_mono = order->now_mono;
  snapshot_source_failed(snapshot, PG_SOURCE_TCP4, order->now, words);
  snapshot_source_failed(snapshot, PG_SOURCE_TCP6, order->now, words);
  if (snapshot_seal(snapshot) != PG_OK) {
    snapshot_unref(snapshot);
    return SAMPLE_FAILED;
  }
  *out = snapshot;
  return SAMPLE_NEW;
}

/* A running service lives now, whenever the capture was taken. */
static void set_clock(struct pg_snapshot *snapshot, int64_t now) {
  snapshot->sampled_at = now;
  for (int i = 0; i < PG_SOURCE_COUNT; i++) {
    if (snapshot->sources[i].state != PG_SOURCE_ABSENT)
      snapshot->sources[i].read_at = now;
  }
}

static enum sample_outcome give(const struct capture_source *source,
                                const struct sample_order *order,
                                const struct pg_text *text, struct pg_snapshot **out) {
  struct pg_fault inner = {.code = PG_OK}, fault = {.code = PG_OK};
  enum pg_error error =
      capture_read(pg_text_str(text), text->len, order->now_mono, out, &inner);

  if (error == PG_OK) {
    set_clock(*out, order->now);
    return SAMPLE_NEW;
  }
  if (error == PG_E_NOMEM)
    return SAMPLE_FAILED;
  capture_file_fault(&fault, source->path, &inner);
  return give_failed(order, fault.message, out);
}

static enum sample_outcome read_again(struct capture_source *source,
                                      const struct sample_order *order,
                                      const struct capture_stamp *stamp,
                                      struct pg_snapshot **out) {
  struct pg_fault fault = {.code = PG_OK};
  struct pg_text text;
  enum sample_outcome outcome = SAMPLE_SAME;

  pg_text_init(&text, PG_CAPTURE_MAX);
  enum pg_error error = capture_file_load(source->path, &text, &fault);
  const char *words = error == PG_OK ? NULL : fault.message;
  if (error == PG_E_NOMEM) {
    outcome = SAMPLE_FAILED;
  } else if (note(source, stamp, order->now_mono, &text, words) || order->rebuild ||
             order->previous == NULL) {
    outcome =
        words == NULL ? give(source, order, &text, out) : give_failed(order, words, out);
  }
  /* Nothing came of it for want of memory: the next call must try again. */
  if (outcome == SAMPLE_FAILED)
    source->loaded = false;
  pg_text_free(&text);
  return outcome;
}

static enum sample_outcome sample(void *context, const struct sample_order *order,
                                  struct pg_snapshot **out) {
  struct capture_source *source = context;
  struct capture_stamp stamp;
  bool wanted = order->previous == NULL || order->rebuild;

  *out = NULL;
  capture_file_stamp(source->path, &stamp);
  if (!wanted && is_quiet(source, &stamp, order->now_mono))
    return SAMPLE_SAME;
  return read_again(source, order, &stamp, out);
}

static void close_source(void *context) {
  struct capture_source *source = context;
  free(source->path);
  free(source);
}

/* At the start a broken capture is the caller's mistake and refused; only a
 * file that breaks later is lived with. */
static enum pg_error try_once(const char *path, struct pg_fault *fault) {
  struct pg_snapshot *snapshot = NULL;
  enum pg_error error = capture_read_file(path, 0, &snapshot, fault);
  snapshot_unref(snapshot);
  return error;
}

enum pg_error capture_source_open(struct source *source, const char *path,
                                  struct pg_fault *fault) {
  size_t size = strlen(path) + 1;
  enum pg_error error = try_once(path, fault);
  if (error != PG_OK)
    return error;

  struct capture_source *capture = calloc(1, sizeof *capture);
  char *copy = malloc(size);
  if (capture == NULL || copy == NULL) {
    free(capture);
    free(copy);
    return pg_fail(fault, PG_E_NOMEM, "not enough memory for a source");
  }
  memcpy(copy, path, size);
  capture->path = copy;
  *source = (struct source){
      .context = capture, .sample = sample, .read_http = NULL, .close = close_source};
  return PG_OK;
}
