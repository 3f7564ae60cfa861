/* The promise that a capture holds no user names: profile folders are where they
 * hide, in image paths and in netsh's text. */
#ifndef PG_REDACT_H
#define PG_REDACT_H

#include "common/text.h"

#include <stddef.h>

/* Appends |data| with the name of every profile folder (":\Users\NAME\") written
 * as "user". Line ends stay where they are. Folders that belong to nobody
 * (Public, Default, All Users) are kept. */
void redact_profiles(struct pg_text *out, const char *data, size_t len);

#endif
