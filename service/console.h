/* The verbs that a person types. All return an exit code of the program. */
#ifndef PG_CONSOLE_H
#define PG_CONSOLE_H

#include "service/options.h"

/* Prints the fault and its hint on stderr; returns its exit code. */
int console_fail(const struct pg_fault *fault);

/* The service in the console: events go to stderr, Ctrl+C ends it. */
int console_run(const struct service_options *options);
/* One answer from a capture, or from one look at this machine. */
int console_explain(const struct service_options *options);
/* Whether a file would do as config.json. */
int console_check_config(const struct service_options *options);

#endif
