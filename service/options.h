/* The command line of portguardsvc, as data. */
#ifndef PG_OPTIONS_H
#define PG_OPTIONS_H

#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>

#define SERVICE_VERB_LIST(X) \
  X(RUN, "run")              \
  X(EXPLAIN, "explain")      \
  X(CHECK, "check-config")   \
  X(INSTALL, "install")      \
  X(UNINSTALL, "uninstall")  \
  X(VERSION, "version")      \
  X(HELP, "help")

enum service_verb {
  SERVICE_VERB_NONE, /* no arguments: the SCM starts it like that */
#define X(name, text) SERVICE_VERB_##name,
  SERVICE_VERB_LIST(X)
#undef X
};

struct service_options {
  enum service_verb verb;
  const char *capture; /* NULL: this machine */
  const char *file;    /* of check-config */
  const char *pipe, *control;
  const char *state;        /* a folder; NULL: none */
  const char *config;       /* a file; NULL: none, the defaults hold */
  const char *group_policy; /* a file in the place of the registry; NULL: none */
  uint16_t port;            /* 0: list */
  bool json;
  bool help;            /* only the verb's own page is wanted */
  uint32_t interval_ms; /* 0: the default */
};

/* Strings stay in |argv|. Errors: PG_E_USAGE. */
enum pg_error service_options_read(int argc, char **argv, struct service_options *out,
                                   struct pg_fault *fault);

/* help.c: the program's page (SERVICE_VERB_NONE or _HELP), or that of a verb. */
void service_help(enum service_verb verb);

#endif
