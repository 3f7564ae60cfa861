/* Who may do what with a pipe of the service, as the descriptors the kernel
 * enforces. docs/security.md prints them. Windows only. */
#ifndef PG_WIN_PIPE_SECURITY_H
#define PG_WIN_PIPE_SECURITY_H

#include "common/error.h"
#include "service/control/listener.h"

#include <stdbool.h>
#include <windows.h>

/* Owner and group SYSTEM; protected, so nothing is inherited; in this order:
 *   anonymous logons         nothing
 *   SYSTEM                   everything, and alone the right to add instances
 *   Administrators, and all authenticated users, network logons included
 *                            0x12019b (PG_PIPE_CLIENT_ACCESS): read and write
 *                            without FILE_CREATE_PIPE_INSTANCE (0x4)
 * Network logons are not denied: administrators in a WinRM session have one.
 * Clients of other machines are kept out by PIPE_REJECT_REMOTE_CLIENTS. */
#define WIN_PIPE_SDDL_STATUS \
  "O:SYG:SYD:P(D;;GA;;;AN)(A;;GA;;;SY)(A;;0x12019b;;;BA)(A;;0x12019b;;;AU)"

/* Only SYSTEM and Administrators, whose processes are elevated: the label keeps out what
 * runs below high integrity, whoever it is. */
#define WIN_PIPE_SDDL_CONTROL \
  "O:SYG:SYD:P(A;;GA;;;SY)(A;;0x12019b;;;BA)S:(ML;;NWNRNX;;;HI)"

/* For `run --pipe`: the user who started it, and nobody else. Takes the SID
 * three times. */
#define WIN_PIPE_SDDL_DEVELOPMENT "O:%sG:%sD:P(A;;GA;;;%s)"

/* The descriptor for |access|, for the caller to LocalFree; NULL with |fault|
 * filled. */
PSECURITY_DESCRIPTOR win_pipe_security(enum listener_access access,
                                       struct pg_fault *fault);

/* Whether both give the same to the same, in the same order: owner, group, entries and
 * label, with generic rights as what they are for a pipe. */
bool win_pipe_security_same(PSECURITY_DESCRIPTOR a, PSECURITY_DESCRIPTOR b);

/* The SID of the user of |process| (opened with PROCESS_QUERY_LIMITED_INFORMATION)
 * as text. False when Windows does not tell. */
bool win_process_user(HANDLE process, char *out, size_t size);
/* The same of a token opened with TOKEN_QUERY. */
bool win_token_user(HANDLE token, char *out, size_t size);

#endif
