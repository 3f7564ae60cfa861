/* The ports one call of `status` or `watch` asks about. */
#ifndef PG_GUARDED_H
#define PG_GUARDED_H

#include "client/options.h"
#include "common/error.h"
#include "common/limits.h"

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct port_list {
  uint16_t ports[PG_CLIENT_PORTS];
  size_t count;
  bool more; /* there were others, but no place */
};

/* A port that is in it already is not added again. False when it is full. */
bool port_list_add(struct port_list *list, uint16_t port);
/* Adds the arguments of the command line. Errors: PG_E_USAGE with a hint. */
enum pg_error port_list_read(struct port_list *list, const struct options *options,
                             struct pg_fault *fault);
/* Adds what `health` says is guarded: numbers and "a-b" strings. More than fit
 * sets |more|. Errors: PG_E_FORMAT. */
enum pg_error port_list_guarded(struct port_list *list, const cJSON *health,
                                struct pg_fault *fault);

#endif
