/* Long text on a terminal: through the user's pager. */
#ifndef PG_PAGER_H
#define PG_PAGER_H

#include "client/client.h"

/* As client_print. Where standard output is a terminal it goes to the pager that the
 * variable PAGER names, else to the system's usual one, if there is one; a PAGER that is
 * empty or "cat" is none. PAGER is a program and its arguments, parted by blanks: there
 * is no shell. A pager that cannot be started is done without, and one that is left
 * early is no failure. */
int pager_print(const struct client *client, const struct pg_text *text);

#define PAGER_WORDS 16

/* Parts |command|, in place, into |words|, NULL behind the last. False: it means no
 * pager, or has too many words. */
bool pager_words(char *command, char *words[PAGER_WORDS + 1]);

/* win_pager.c, posix_pager.c */

/* What PAGER says, or else the usual pager; false: there is none to be used. */
bool pager_command(struct pg_text *out);
/* Runs it with |text| as its input, and waits for its end. False: it did not start. */
bool pager_run(char *const words[], const struct pg_text *text);

#endif
