/* One fix under construction, and who makes them. */
#ifndef PG_EXPLAIN_FIX_H
#define PG_EXPLAIN_FIX_H

#include "common/text.h"
#include "service/explain/internal.h"

/* Advice for so many owners or rules one by one; nobody reads more. */
#define FIXES_EACH_MAX 64

struct fix_run {
  struct pg_json *json;
  const struct pg_snapshot *snapshot;
  const struct pg_port *port; /* NULL: nothing listens */
  uint16_t number;
  size_t owners;
  /* Of the owners that listen on a wildcard, the only one; NULL with |wildcard|: there
   * are several. */
  bool wildcard;
  const struct pg_holder *keeper;
  /* The turn of services that the dictionary says to leave alone; in the other turn,
   * those are passed over. */
  bool leave;
  bool freeing; /* only fixes that free the port, or only those that do not */
};

struct fix {
  const char *kind;
  struct pg_text title;
  /* Commands, a line each: portguard's own, none where it has none; those of Windows; and
   * the way back. */
  struct pg_text commands, by_hand, undo;
  bool elevated, frees_port;
  struct pg_text caution; /* what speaks for a second look first */
};

/* Finds the |keeper| of a run whose port has listeners. */
void fix_find_keeper(struct fix_run *run);

/* Every fix_begin has its fix_end, which writes the fix when it is its turn and gives it
 * back, or its fix_drop, which only does the latter. */
void fix_begin(struct fix *fix, const char *kind, const char *title, ...) PG_PRINTF(3, 4);
void fix_end(struct fix_run *run, struct fix *fix);
void fix_drop(struct fix *fix);

void fix_caution(struct fix *fix, const char *format, ...) PG_PRINTF(2, 3);
/* A command without words from outside. */
void fix_command(struct pg_text *lines, const char *format, ...) PG_PRINTF(2, 3);
/* "portguardctl stop " + name + tail; none of the fix's commands where no quoting makes
 * the name safe to paste. */
void fix_own_command(struct fix *fix, const char *verb, const char *name,
                     const char *tail);
/* Says that the holder is only likely. */
void fix_doubt(struct fix *fix, const struct pg_holder *holder);
/* The next of the port's owners, at most FIXES_EACH_MAX, from *|at| on; NULL: no more. */
const struct pg_holder *fix_next_owner(const struct fix_run *run, size_t *at);
/* Whether that one owner's letting go frees the port: then a server could bind the
 * wildcard, whoever has single addresses. Nothing is promised of a holder that a forged
 * name may have put there. */
bool fix_is_enough(const struct fix_run *run, const struct pg_holder *holder);
/* Windows would refuse the wildcard even with nobody listening. */
bool fix_stays_refused(const struct fix_run *run);

/* Each writes the fixes of its kind that fit the port. */
/* fix_services.c */
/* One of the owners is better left alone, or nobody can say who the owners are. */
bool fix_is_risky(const struct fix_run *run);
void fix_take_another_port(struct fix_run *run);
void fix_stop_all(struct fix_run *run);
void fix_stop_each(struct fix_run *run);
void fix_disable_each(struct fix_run *run);
void fix_change_binding(struct fix_run *run);
/* fix_processes.c */
void fix_stop_process(struct fix_run *run);
void fix_stop_in_wsl(struct fix_run *run);
void fix_stop_container(struct fix_run *run);
/* fix_network.c */
void fix_delete_proxies(struct fix_run *run);
void fix_narrow_listen_list(struct fix_run *run);
void fix_restart_winnat(struct fix_run *run);

#endif
