/* What the service must be set to beyond what an installer package says of it: one list,
 * for `portguardsvc install`, for every start of the service, and for `doctor`.
 *
 * A package made on Linux can express few of these, and an administrator's tool may undo
 * any of them; so the service itself looks at each start, and mends what is not right.
 * Start type, account and display name are not here: they are the installer's and the
 * administrator's. Any thread; all of it may block, and asks Windows anew. Windows only.
 */
#ifndef PG_WIN_SETUP_H
#define PG_WIN_SETUP_H

#include "common/error.h"

#include <stdbool.h>
#include <wchar.h>

/* An X for each: identifier, name, stem of the functions behind it. */
#define WIN_SETUP_LIST(X)                                 \
  X(IMAGE_PATH, "quoted path", image)                     \
  X(DESCRIPTION, "description", description)              \
  X(RECOVERY, "recovery actions", recovery)               \
  X(RECOVERY_ON_ERROR, "recovery after errors", on_error) \
  X(SID, "service SID", sid)                              \
  X(PRIVILEGES, "required privileges", privileges)        \
  X(PRESHUTDOWN, "preshutdown time", preshutdown)         \
  X(EVENT_SOURCE, "event source", source)

enum win_setup_item {
#define X(id, name, stem) WIN_SETUP_##id,
  WIN_SETUP_LIST(X)
#undef X
      WIN_SETUP_COUNT
};

/* "service SID" */
const char *win_setup_name(enum win_setup_item item);

/* Whether each is as it should be for this very program: PG_OK. Else, all with words for
 * a person, and with the hint that mends it where there is one: PG_E_FORMAT (something
 * else was found), PG_E_NOTFOUND (the service is not installed), PG_E_DENIED, PG_E_NOMEM,
 * PG_E_WINDOWS (Windows does not tell; |win32| says why, see win_setup_unknown). */
void win_setup_look(struct pg_fault faults[WIN_SETUP_COUNT]);

/* Whether the fault is that this system, an older Windows or a stand-in for one, knows
 * no such setting at all: nothing can be mended then, and nothing is wrong. */
bool win_setup_unknown(const struct pg_fault *fault);

/* Sets what is not right and leaves the rest untouched. |told| is called for each that
 * could not be set, with the fault of that attempt. */
void win_setup_apply(void (*told)(void *context, enum win_setup_item item,
                                  const struct pg_fault *fault),
                     void *context);

/* The full path of this program, into |path|, and the same in quotes: WIN_PATH_CHARS and
 * three more. Without quotes Windows would try C:\Program.exe first. */
bool win_setup_image(wchar_t *path, wchar_t *quoted);

#endif
