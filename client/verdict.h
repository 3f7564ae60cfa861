/* What an answer of `status` means for a script. Pure. */
#ifndef PG_VERDICT_H
#define PG_VERDICT_H

#include <cJSON.h>
#include <stdbool.h>

/* The values are exit codes of `check`. */
enum verdict {
  VERDICT_FREE = 0,
  VERDICT_IN_USE = 1,
  VERDICT_RESERVED = 2,
  VERDICT_UNKNOWN = 3, /* or incomplete in a way that could change it */
};

const char *verdict_word(enum verdict verdict); /* "FREE", "IN USE" … */

/* A service that cannot look in time answers from the look before, which is then older
 * than it waits: what has been taken or left since, that one does not know. */
bool verdict_is_old(const cJSON *status);

/* Could a server bind |address| now; NULL or 0.0.0.0 or ::, the wildcard? An address is
 * in use when a listener has it, or the wildcard of its family. */
enum verdict verdict_of(const cJSON *status, const char *address);

/* Whether something listens: on |address|, when that is not NULL, else on whatever. */
bool verdict_listens(const cJSON *status, const char *address);

enum held { HELD_NO, HELD_YES, HELD_UNKNOWN };
/* Whether |name| is one of the holders: a service by its name, or a program by that of
 * its file, regardless of case. */
enum held verdict_held_by(const cJSON *status, const char *name);

#endif
