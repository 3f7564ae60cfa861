/* Every option once: for getopt, for what belongs to which verb, and for the completion.
 *
 * enum name, name, what its value is (NULL: it takes none), the verbs that have it (enum
 * verb_options bits, one is enough; 0: every verb), the words its value may be, or
 * OPTION_FREE, OPTION_PORTS, OPTION_SERVICES. */
#ifndef PG_OPTION_LIST_H
#define PG_OPTION_LIST_H

#include "client/verbs.h"

#define OPTION_LIST(X)                                                           \
  X(JSON, "json", NULL, 0, OPTION_FREE)                                          \
  X(NO_COLOUR, "no-color", NULL, 0, OPTION_FREE)                                 \
  X(PIPE, "pipe", "NAME", 0, OPTION_FREE)                                        \
  X(CONTROL, "control", "NAME", 0, OPTION_FREE)                                  \
  X(TIMEOUT, "timeout", "T", 0, OPTION_FREE)                                     \
  X(OUTPUT, "output", "FILE", VERB_HAS_OUTPUT, OPTION_FREE)                      \
  X(OPEN, "open", NULL, VERB_REPORTS, OPTION_FREE)                               \
  X(FORMAT, "format", "F", VERB_HAS_FORMAT, "text dot mermaid")                  \
  X(YES, "yes", NULL, VERB_ACTS, OPTION_FREE)                                    \
  X(DRY_RUN, "dry-run", NULL, VERB_ACTS, OPTION_FREE)                            \
  X(DEPENDENTS, "dependents", "refuse|stop", VERB_HAS_DEPENDENTS, "refuse stop") \
  X(PORT, "port", "N", VERB_ASKS_RULES, OPTION_PORTS)                            \
  X(SERVICE, "service", "NAME", VERB_ASKS_RULES, OPTION_SERVICES)                \
  X(AT, "at", "TIME", VERB_ASKS_RULES, OPTION_FREE)                              \
  X(FOR, "for", "T", VERB_NEEDS_FOR, OPTION_FREE)                                \
  X(UNTIL, "until", "S", VERB_WAITS | VERB_HAS_HISTORY, OPTION_FREE)             \
  X(HOLDER, "holder", "NAME", VERB_WAITS | VERB_HAS_HISTORY, OPTION_SERVICES)    \
  X(SINCE, "since", "T", VERB_HAS_HISTORY | VERB_REPORTS, OPTION_FREE)           \
  X(LIMIT, "limit", "N", VERB_HAS_HISTORY, OPTION_FREE)                          \
  X(NO_PAGER, "no-pager", NULL, VERB_HAS_HISTORY, OPTION_FREE)                   \
  X(ADDRESS, "address", "ADDR", VERB_HAS_ADDRESS, OPTION_FREE)                   \
  X(HELP, "help", NULL, 0, OPTION_FREE)                                          \
  X(VERSION, "version", NULL, 0, OPTION_FREE)

#define OPTION_FREE "" /* whatever it is, nobody can offer it */
#define OPTION_PORTS "@ports"
#define OPTION_SERVICES "@services"
#define OPTION_UNTIL_WORDS "free in-use" /* of wait; of history it is a time */

enum option_name {
#define X(name, text, value, of, words) OPTION_##name,
  OPTION_LIST(X)
#undef X
      OPTION_COUNT
};

struct option_entry {
  const char *name;
  const char *value; /* NULL: it takes none */
  unsigned of;
  const char *words; /* with blanks between them, or one of the above */
};

extern const struct option_entry option_entries[OPTION_COUNT];

/* Whether |verb| has it; NULL: before a verb, only those of every verb. */
bool option_belongs(enum option_name option, const struct verb *verb);
/* The words its value may be for |verb|, which has it. */
const char *option_words(enum option_name option, const struct verb *verb);
/* Which of |words| it is, from 0; -1: none. */
int option_word(const char *words, const char *value);

#endif
