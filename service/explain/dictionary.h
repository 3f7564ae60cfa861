/* What is known of the services that ask HTTP.sys for ports: what people call them,
 * the ports and URLs they use, and what to do when one is in the way. */
#ifndef PG_EXPLAIN_DICTIONARY_H
#define PG_EXPLAIN_DICTIONARY_H

#include <stdbool.h>
#include <stdint.h>

/* SAFE: may be stopped. CAUTION: may be stopped by somebody who has read the words.
 * LEAVE: the last thing to stop. */
#define PG_ADVICE_LIST(X) \
  X(SAFE, "safe")         \
  X(CAUTION, "caution")   \
  X(LEAVE, "leave")

enum advice_class {
#define X(name, text) ADVICE_##name,
  PG_ADVICE_LIST(X)
#undef X
};

const char *advice_class_name(enum advice_class advice);

struct dictionary_entry {
  const char *services[4]; /* names, up to the first NULL; none: nothing to stop */
  const char *known_as;
  const char *words;    /* the advice, fit to follow a semicolon */
  const char *paths[2]; /* how its URLs go on behind host and port */
  /* Where its port is changed, when that is the better way: the title of such a fix,
   * and the program to start, NULL when it has no fixed name. */
  const char *change, *tool;
  const char *cost; /* of that change */
  enum advice_class advice;
  uint16_t ports[6]; /* up to the first 0; none: any port */
};

/* Further instances of a service, which carry a name of their own behind a '$', are in
 * the same entry. Without regard to case. NULL: not known. */
const struct dictionary_entry *dictionary_of_service(const char *name);
/* By the path of a URL of a registration or reservation. NULL: not known. */
const struct dictionary_entry *dictionary_of_url(const char *url);

bool dictionary_has_url(const struct dictionary_entry *entry, const char *url);
/* The port is one of the entry's own. */
bool dictionary_has_port(const struct dictionary_entry *entry, uint16_t port);
bool dictionary_any_port(const struct dictionary_entry *entry);

/* Of the Windows driver other than HTTP.sys that always holds the port, or NULL. */
const char *explain_known_driver(uint16_t port);

#endif
