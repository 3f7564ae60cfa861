/* The ports one call of `status` asks about. */
#ifndef PG_GUARDED_H
#define PG_GUARDED_H

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
/* Adds what `health` says is guarded: numbers and "a-b" strings. More than fit
 * sets |more|. Errors: PG_E_FORMAT. */
enum pg_error port_list_guarded(struct port_list *list, const cJSON *health,
                                struct pg_fault *fault);

#endif
