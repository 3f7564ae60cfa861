/* The one table of what the client can do. */
#ifndef PG_VERBS_H
#define PG_VERBS_H

#include "client/client.h"
#include "common/text.h"

struct verb {
  const char *name;      /* as typed: "status", "http queues" */
  const char *arguments; /* as shown behind the name */
  const char *summary;   /* one line of the program's help */
  const char *help;      /* the verb's own page, below its usage line */
  bool takes_ports, takes_output;
  int (*run)(struct client *client); /* answers the exit code */
};

const struct verb *verb_find(const char *name); /* NULL when there is none */
/* The verb that may have been meant, by edit distance; NULL when none is close. */
const struct verb *verb_nearest(const char *name);

/* |verb| NULL: the program's page. */
void verb_help(struct pg_text *out, const struct verb *verb);

int verb_status(struct client *client);
int verb_list(struct client *client);
int verb_capture(struct client *client);
int verb_http_queues(struct client *client);
int verb_health(struct client *client);
int verb_version(struct client *client);

#endif
