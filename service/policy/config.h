/* From the text of config.json to settings. docs/policy.md explains the file, and
 * docs/portguard.schema.json says its structure to editors. */
#ifndef PG_CONFIG_H
#define PG_CONFIG_H

#include "common/error.h"
#include "service/policy/settings.h"

#include <stddef.h>

/* All or nothing: an unknown key, a wrong type or a value out of range refuses the
 * whole text, so that a rule never runs as its author did not mean it. The words say
 * the JSON path, what was found and what is allowed, and |fault->param| is that path
 * ("rules[0].ports[1]"). On PG_OK the caller owns *out (settings_free), else it is
 * NULL. Pure. Errors: PG_E_FORMAT, PG_E_TOOBIG, PG_E_NOMEM. */
enum pg_error config_read(const char *text, size_t len, struct pg_settings **out,
                          struct pg_fault *fault);

#endif
