/* The command line. */
#ifndef PG_OPTIONS_H
#define PG_OPTIONS_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct verb;

enum output_format { FORMAT_TEXT, FORMAT_DOT, FORMAT_MERMAID };

struct options {
  const struct verb *verb; /* NULL when only help was asked for */
  const char *group;       /* the word whose verbs help was asked for: "http" */
  bool json, no_colour, help;
  unsigned given;      /* a bit for each enum option_name that was */
  const char *pipe;    /* NULL: the product's own */
  const char *control; /* likewise */
  bool yes, dry_run, no_pager;
  bool open;              /* what was written to |output| */
  const char *dependents; /* "refuse" or "stop"; NULL: not given */
  uint16_t port;          /* --port; 0: not given */
  const char *service;    /* --service and --at as typed; NULL: not given */
  const char *at;
  uint32_t for_s;      /* --for, in seconds; 0: not given */
  const char *until;   /* of wait "free" or "in-use", of history a point in time; these
                          four NULL: not given */
  const char *since;   /* a point in time as typed, checked */
  const char *holder;  /* as typed */
  const char *address; /* an IP address, checked */
  const char *output;  /* -o, NULL: standard output */
  const char *format;  /* --format as typed, NULL: not given */
  enum output_format format_read;
  uint16_t limit;         /* --limit; 0: not given */
  uint32_t timeout_ms;    /* for the whole call; until it is given the verb's own, of
                             which 0 is none */
  const char **arguments; /* what stands after the verb; owned, strings borrowed */
  size_t argument_count;
};

/* Global options may stand before or after the verb. On an error |out->json| is
 * right nevertheless, so that the error can be written the way it was asked for;
 * options_free is due on every path. Errors: PG_E_USAGE, PG_E_NOMEM. */
enum pg_error options_read(int argc, char **argv, struct options *out,
                           struct pg_fault *fault);
void options_free(struct options *options);

/* The argument at |index| as a port, or PG_E_USAGE with a hint. */
enum pg_error options_port(const struct options *options, size_t index, uint16_t *port,
                           struct pg_fault *fault);

#endif
