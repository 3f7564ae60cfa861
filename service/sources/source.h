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

/* Names of accounts by SID, as far as somebody looked them up. See accounts.h. */
struct account_names;

struct sample_order {
  const struct pg_snapshot *previous; /* the last published one, or NULL */
  bool details;     /* read processes and services even when no listener changed */
  bool rebuild;     /* build a new snapshot even when nothing changed */
  bool connections; /* read the local ports of connections too, and build a snapshot */
  const struct http_reading *http;      /* the latest reading, begun_mono 0: none yet */
  const struct pg_snapshot *network;    /* its latest reading, NULL: none yet */
  const struct account_names *accounts; /* NULL: none were looked up */
  int64_t now, now_mono;
};

struct network_order {
  int64_t now, now_mono;
  uint32_t deadline_ms; /* for every program that is run, together */
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
  /* Network lane, one call at a time, on a third worker. Fills rows, texts and
   * statuses of the network configuration into |into|, an empty snapshot that is
   * never sealed or published. False: no memory, |into| is of no use. NULL when
   * samples carry the configuration themselves (captures). */
  bool (*read_network)(void *context, struct pg_snapshot *into,
                       const struct network_order *order);
  /* Loop thread, on every tick and only while read_network does not run: whether
   * Windows has told of a change since it began last. NULL: it never tells. */
  bool (*network_changed)(void *context);
  /* Account lane, one call at a time: the name of |sid| ("DOMAIN\\user"), or ""
   * when it has none. False: nobody could say now, as with a domain that does not
   * answer; at most PG_ACCOUNT_MS later. NULL: nobody to ask. */
  bool (*look_up_account)(void *context, const char *sid, char *name, size_t size);
  void (*close)(void *context);
};

/* Puts the reading's text or error into |snapshot| and parses it; after the
 * services were added, before sealing. Shared by both kinds of source. A byte that
 * is not UTF-8 (and a NUL) becomes one '?'. A text that cannot be understood is
 * kept, and the source FAILED. Errors: PG_E_NOMEM. */
enum pg_error source_add_http(struct pg_snapshot *snapshot,
                              const struct http_reading *http);

/* One text of `netsh int ipv4|ipv6 show excludedportrange protocol=tcp` into the
 * ranges of |family|; before sealing. Kept verbatim but for bytes that are not
 * UTF-8, see above. Text that is no such table, or is cut, makes the source FAILED;
 * the rows that were read stay. Errors: PG_E_NOMEM. */
enum pg_error source_add_ranges(struct pg_snapshot *snapshot, enum pg_family family,
                                const char *text, size_t len, int64_t read_at);
/* Works out what follows from the text of rows that a source has added: the port
 * of every reservation, whether its SDDL is broken, its accounts where it has none yet
 * (from the SDDL, named by |names|, which may be NULL), the address of every listen list
 * entry. Before sealing. Errors: PG_E_NOMEM. */
enum pg_error source_finish_network(struct pg_snapshot *snapshot,
                                    const struct account_names *names);

/* This machine. Windows only. */
enum pg_error live_source_open(struct source *source, struct pg_fault *fault);

#endif
