/* Whether a folder or file is trusted, decided from what was seen of it. Pure. */
#ifndef PG_FILES_TRUST_H
#define PG_FILES_TRUST_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a Windows folder, file or registry key, all seen through one open handle. */
struct trust_windows {
  const char *path;       /* where it should be */
  const char *final_path; /* where it is */
  bool key; /* |path| is its name; the next three, and |final_path|, are not of it */
  bool folder;
  bool reparse;   /* a junction or symbolic link */
  uint32_t links; /* names that lead to the same file */
  const uint8_t *descriptor;
  size_t descriptor_len;
  const char *self; /* SID of this process's user: SYSTEM for the service */
};

/* Trusted are SYSTEM, Administrators, TrustedInstaller and |self|. One of them must be
 * the owner, and nobody else may write, delete, or change owner or rights. What denies
 * is not counted: taking back by another entry what one gives is no arrangement to rely
 * on. Errors: PG_E_REFUSED. */
enum pg_error trust_windows(const struct trust_windows *seen, struct pg_fault *fault);

/* The counterpart for the Linux build: owner is root or the caller, and neither group
 * nor others may write. */
struct trust_posix {
  const char *path;
  bool folder;
  uint32_t owner, self; /* user IDs */
  uint32_t mode;        /* the permission bits */
  uint64_t links;
};

enum pg_error trust_posix(const struct trust_posix *seen, struct pg_fault *fault);

/* A link stands where |path| should be: for who was told so when opening it. NULL: taking
 * it away is no way to mend that. */
enum pg_error trust_link(const char *path, const char *remove_command,
                         struct pg_fault *fault);

#endif
