/* What `doctor` has to look at outside of the process, and may block. Nothing of it is
 * for the loop thread; nothing is changed but that a folder that is gone is made again.
 */
#ifndef PG_DOCTOR_LOOK_H
#define PG_DOCTOR_LOOK_H

#include "common/doctor.h"
#include "common/error.h"
#include "service/control/pipe_look.h"

#include <stdbool.h>
#include <stdint.h>

enum { DOCTOR_STATUS_PIPE, DOCTOR_CONTROL_PIPE, DOCTOR_PIPES };

enum doctor_setup {
#define X(name, text, side) DOCTOR_SETUP_##name,
  PG_DOCTOR_SETUP_LIST(X)
#undef X
      DOCTOR_SETUPS
};

/* What one setting of the Windows service was found to be. */
struct doctor_setting {
  bool unknown;          /* this system has no such setting */
  struct pg_fault fault; /* PG_E_FORMAT: not as it should be; PG_OK: it is */
};

/* Borrowed for the look. */
struct doctor_order {
  struct {
    const char *name; /* NULL: it is not to be looked at */
    enum listener_access access;
  } pipes[DOCTOR_PIPES];
  const char *folder; /* NULL: there is none */
  bool state;         /* state.json is in it */
  bool setup;         /* this is the service that Windows runs */
};

struct doctor_look {
  struct doctor_setting settings[DOCTOR_SETUPS];
  struct pipe_look pipes[DOCTOR_PIPES];
  struct pg_fault folder;     /* why it is not trusted; PG_OK: it is */
  struct pg_fault state_file; /* likewise; one that is not there is PG_OK */
  int64_t free_bytes;         /* on the folder's disk; -1: not known */
  struct pg_fault netsh; /* why it cannot be run; PG_OK: it is there, or not needed */
};

void doctor_look(const struct doctor_order *order, struct doctor_look *out);

/* win_doctor.c or posix_doctor.c. Bytes that a file in |folder| may still take; -1:
 * nobody says. */
int64_t doctor_free_bytes(const char *folder);
void doctor_look_setup(struct doctor_setting settings[DOCTOR_SETUPS]);
/* Whether netsh.exe is where it belongs. Errors: PG_E_NOTFOUND, PG_E_WINDOWS. */
enum pg_error doctor_find_netsh(struct pg_fault *fault);

#endif
