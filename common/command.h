/* Commands with a service's name in them, for people to paste. */
#ifndef PG_COMMAND_H
#define PG_COMMAND_H

#include "common/text.h"

/* |name| as a command line of Windows must have it. False: no quoting makes it safe to
 * paste, and nothing was added. */
bool pg_service_name_add(struct pg_text *line, const char *name);
/* A line: "net stop " + name + tail. Names come from outside: one that no quoting makes
 * safe to paste gets the console for services instead, once in a row. */
void pg_service_command(struct pg_text *lines, const char *verb, const char *name,
                        const char *tail);
/* The same as the hint of |fault|. */
void pg_service_hint(struct pg_fault *fault, const char *verb, const char *name);

#endif
