/* Where snapshots come from. The loop knows this table; what is behind it is
 * the live machine (win_live.c) or a capture file (capture/capture_source.c). */
#ifndef PG_SOURCE_H
#define PG_SOURCE_H

#include "service/snapshot/snapshot.h"

/* One reading of netsh, kept by the loop between samples. */
struct http_reading {
  char *text; /* malloc'ed by the reader, NULL when it failed */
  size_t len;
  char error[160]; /* why, when text is NULL; "" while nothing was read yet */
  bool stopped;    /* the HTTP service is not running: nothing was asked */
  int64_t begun_mono, read_at;
  uint32_t deadline_ms; /* how long the reader may take */
};

struct sample_order {
  const struct pg_snapshot *previous; /* the last published one, or NULL */
  bool details; /* read processes and services even when no listener changed */
  bool rebuild; /* build a new snapshot even when nothing changed */
  const struct http_reading *http; /* the latest reading, begun_mono 0: none yet */
  int64_t now, now_mono;
};

enum sample_outcome {
  SAMPLE_SAME,   /* quiet: |previous| still says it all */
  SAMPLE_NEW,    /* *out is sealed, one reference goes to the caller */
  SAMPLE_FAILED, /* no snapshot could be made (no memory); *out is NULL */
};

struct source {
  void *context;
  /* Sampling lane, one call at a time, on a worker. Does not attribute. */
  enum sample_outcome (*sample)(void *context, const struct sample_order *order,
                                struct pg_snapshot **out);
  /* netsh lane, one call at a time, on another worker. NULL when samples carry
   * the text themselves (captures). Fills |reading|; |begun_mono| and
   * |deadline_ms| are set by the caller. */
  void (*read_http)(void *context, struct http_reading *reading);
  void (*close)(void *context);
};

/* Puts the reading's text or error into |snapshot| and parses it; after the
 * services were added, before sealing. Shared by both kinds of source. A byte that
 * is not UTF-8 (and a NUL) becomes one '?'. A text that cannot be understood is
 * kept, and the source FAILED. Errors: PG_E_NOMEM. */
enum pg_error source_add_http(struct pg_snapshot *snapshot,
                              const struct http_reading *http);

/* This machine. Windows only. */
enum pg_error live_source_open(struct source *source, struct pg_fault *fault);

#endif
