/* The one table of what the client can do. */
#ifndef PG_VERBS_H
#define PG_VERBS_H

#include "client/client.h"
#include "common/text.h"

#define VERB_WORDS 3 /* at most, in a name */

enum verb_takes {
  VERB_TAKES_NOTHING,
  VERB_TAKES_A_PORT,
  VERB_TAKES_PORTS,
  VERB_TAKES_A_SERVICE,
  VERB_TAKES_AN_ADDRESS,
  VERB_MAY_TAKE_A_RULE,
  VERB_MAY_TAKE_A_PORT,
};
enum verb_options {
  VERB_HAS_OUTPUT = 1,
  VERB_HAS_FORMAT = 2,
  VERB_CONTROLS = 4,        /* over the control pipe, and it may take its time */
  VERB_ACTS = 8,            /* --dry-run and --yes */
  VERB_HAS_DEPENDENTS = 16, /* --dependents */
  VERB_ASKS_RULES = 32,     /* --port, which it needs, --service and --at */
  VERB_NEEDS_FOR = 64,      /* --for */
  VERB_HAS_ADDRESS = 128,   /* --address */
  VERB_WAITS = 256,         /* --until, which it needs, and --holder; for ever */
  VERB_HAS_NO_END = 512,
  VERB_HAS_HISTORY = 1024, /* --since, --until, --holder, --limit and --no-pager */
  VERB_REPORTS = 2048,     /* --since and --open */
};

struct verb {
  const char *name;      /* as typed: "status", "http queues" */
  const char *arguments; /* as shown behind the name */
  const char *summary;   /* one line of the program's help; NULL: another name of the
                            verb before it */
  const char *help;      /* the verb's own page, below its usage line */
  enum verb_takes takes;
  unsigned options; /* enum verb_options bits, beside those of every verb */
  int (*run)(struct client *client); /* answers the exit code */
};

const struct verb *verb_find(const char *name); /* NULL when there is none */
/* Each of them, in the order of the help, from 0; NULL behind the last. */
const struct verb *verb_at(size_t index);
/* Verbs begin with |word| and go on: "http". */
bool verb_is_group(const char *word);
/* The verb that may have been meant, by edit distance; NULL when none is close. */
const struct verb *verb_nearest(const char *name);

/* |verb| NULL: the program's page. */
void verb_help(struct pg_text *out, const struct verb *verb);
/* The lines of the verbs that begin with |word|. */
void verb_group_help(struct pg_text *out, const char *word);
/* Their names, "http queues, http reservations"; the first is returned. */
const char *verb_group_names(struct pg_text *out, const char *word);

int verb_status(struct client *client);
int verb_list(struct client *client);
int verb_watch(struct client *client);
int verb_history(struct client *client);
int verb_check(struct client *client);
int verb_wait(struct client *client);
int verb_capture(struct client *client);
int verb_report(struct client *client);
int verb_http_queues(struct client *client);
int verb_http_reservations(struct client *client);
int verb_http_listen_list(struct client *client);
int verb_http_certificates(struct client *client);
int verb_graph(struct client *client);
int verb_health(struct client *client);
int verb_doctor(struct client *client);
int verb_stop(struct client *client);
int verb_disable(struct client *client);
int verb_restore(struct client *client);
int verb_free(struct client *client);
int verb_policy_show(struct client *client);
int verb_policy_test(struct client *client);
int verb_policy_pause(struct client *client);
int verb_policy_resume(struct client *client);
int verb_policy_reload(struct client *client);
int verb_listen_add(struct client *client);
int verb_listen_delete(struct client *client);
int verb_completion(struct client *client);
int verb_version(struct client *client);

#endif
