/* One run of one program, with a deadline. The only place that starts processes.
 * Windows only. */
#ifndef PG_WIN_CHILD_H
#define PG_WIN_CHILD_H

#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

struct win_child {
  char *output; /* malloc'ed, as the program wrote it; NULL when |error| says why */
  size_t len;
  uint32_t exit_code;
  char error[160]; /* "" when the program ended by itself in time */
};

/* Runs |program| (full path, never searched for) with |command_line|, hidden, with
 * nothing inherited but the pipe that its output and its errors go to, and no
 * standard input. Blocks until it has ended. It and all its children are ended
 * after |deadline_ms|, or when it wrote more than |max| bytes. The caller frees
 * |child->output|. Any thread. */
void win_child_run(const wchar_t *program, const wchar_t *command_line, size_t max,
                   uint32_t deadline_ms, struct win_child *child);

#endif
