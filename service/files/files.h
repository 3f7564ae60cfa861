/* The folder that configuration and state live in, and whether it can be trusted: who
 * can write there decides what a service with all rights does next.
 *
 * A folder is checked when it is opened and its handle is held, so that it cannot be
 * swapped later, nor be opened by others in a way that keeps files in it from being
 * replaced (as soon as that can be, when somebody else had it first); a file is checked
 * through the very handle it is read from. What is not trusted is neither read nor
 * repaired: PG_E_REFUSED with the rule FILES_RULE, words that say why, and the command
 * that mends it as the hint. trust.h has the decision.
 *
 * win_files.c or posix_files.c. Nothing here is for the loop thread: all of it may
 * block. One thread at a time per folder. */
#ifndef PG_FILES_H
#define PG_FILES_H

#include "common/error.h"
#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILES_RULE "not-trusted"

struct files;

/* Opens |path| (NULL: the product's own folder, which only Windows has), and makes it
 * when it is not there, for administrators and the user of this process alone. Errors:
 * PG_E_REFUSED, PG_E_IO, PG_E_NOMEM. */
enum pg_error files_open(const char *path, struct files **out, struct pg_fault *fault);
/* The folder that the file |path| is in; *name, inside |path|, is the file's own. */
enum pg_error files_open_around(const char *path, struct files **out, const char **name,
                                struct pg_fault *fault);
/* Whether files_open of that folder and files_read of |name| in it would find something
 * that is not trusted; nothing is made, and what is not there is fine. Windows only.
 * Errors: as theirs. */
enum pg_error files_look(const char *path, const char *name, struct pg_fault *fault);
void files_close(struct files *files); /* NULL is fine */
/* For words and `health`. Lives as long as |files|. */
const char *files_path(const struct files *files);

/* One file of the folder, whole, into |out|, which is initialised with the ceiling
 * |max| and is the caller's to free on every path. Errors: PG_E_NOTFOUND when it is not
 * there, PG_E_REFUSED, PG_E_TOOBIG, PG_E_IO, PG_E_NOMEM. */
enum pg_error files_read(struct files *files, const char *name, size_t max,
                         struct pg_text *out, struct pg_fault *fault);

/* Whether what failed may go well another time with nothing changed that can be seen
 * (files_changed): somebody has the file for himself alone, a disk is full or does not
 * answer, memory was short. Pure. */
bool files_may_pass(enum pg_error error);

/* All or nothing, also when the power fails: written beside it, flushed, renamed.
 * Errors: PG_E_IO, PG_E_NOMEM. */
enum pg_error files_replace(struct files *files, const char *name, const char *data,
                            size_t len, struct pg_fault *fault);

/* Whether files_read would trust the file, for a library that opens it by its path:
 * what it is and who may write it. Nothing of it is read. Errors: as files_read. */
enum pg_error files_check(struct files *files, const char *name, struct pg_fault *fault);

/* Another name for a file of the folder; a file that has it already is replaced.
 * Errors: PG_E_NOTFOUND, PG_E_IO, PG_E_NOMEM. */
enum pg_error files_rename(struct files *files, const char *from, const char *to,
                           struct pg_fault *fault);

/* Errors: PG_E_NOTFOUND, PG_E_IO, PG_E_NOMEM. */
enum pg_error files_remove(struct files *files, const char *name, struct pg_fault *fault);

/* malloc'ed: the whole path of a file of the folder. NULL without memory. */
char *files_path_of(const struct files *files, const char *name);

/* Which file it was, and in which state: 0 throughout when there was none. */
struct files_stamp {
  bool there;
  uint64_t volume, identity, size;
  int64_t written, changed; /* its content; and anything about it, owner and rights too */
};

/* Whether another file, or the same in another state, is there than |stamp| says, which
 * is brought up to date. A stamp of zeros stands for no file. Cheap. */
bool files_changed(struct files *files, const char *name, struct files_stamp *stamp);

/* Any file by its full path, if it would be trusted in a folder that is: what it is, who
 * owns it, who may write it, and whether |path| leads there without a link. On Windows
 * |path| is "C:\…" without "..", and of a drive of this machine. Who may write the
 * folders above is not looked at: who can put an administrator's file there has not
 * written it; but they may see to it that this never returns. As files_read. */
enum pg_error files_read_at(const char *path, size_t max, struct pg_text *out,
                            struct pg_fault *fault);

/* Any file, whoever may write it: for people who ask about one. As files_read. */
enum pg_error files_load(const char *path, size_t max, struct pg_text *out,
                         struct pg_fault *fault);

#endif
