/* One line of netsh text, told apart by shape alone. Knows nothing of queues. */
#ifndef PG_NETSH_LINES_H
#define PG_NETSH_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Points into the text; not terminated. */
struct netsh_slice {
  const char *data;
  size_t len;
};

enum netsh_kind {
  NETSH_END,     /* no line: the text is over */
  NETSH_PLAIN,   /* none of the shapes below */
  NETSH_RULE,    /* unindented: dashes only, the line under the title */
  NETSH_FIELD,   /* label: value */
  NETSH_NUMBER,  /* indented  label: digits */
  NETSH_HEADING, /* label:            nothing follows the colon */
  NETSH_PID,     /* indented: digits only (generation A) */
  NETSH_PROCESS, /* indented  label: digits, label: <?> or path (B and C) */
  NETSH_URL,     /* indented, a URL with a host and a port */
  NETSH_BAD_URL, /* begins like one, but it is cut or was never one */
};

struct netsh_line {
  enum netsh_kind kind;
  struct netsh_slice text;  /* without indentation and trailing white space */
  struct netsh_slice label; /* len 0: there is none */
  struct netsh_slice value;
  size_t indent;   /* columns */
  size_t chars;    /* characters of the line and its end, see netsh_blocks.c */
  uint64_t number; /* NUMBER, PID, PROCESS; UINT64_MAX when it is larger */
  size_t host_end; /* URL: offset behind the host */
  uint16_t port;   /* URL */
  bool ended;      /* a line end follows: the line is whole */
  bool control;    /* holds control characters, which netsh itself never prints */
};

struct netsh_reader {
  const char *at, *end;
};

/* Steps over a UTF-8 byte order mark. |text| may be any bytes. */
void netsh_read_from(struct netsh_reader *reader, const char *text, size_t len);
/* The next line that is not blank; NETSH_END for ever after the last. */
void netsh_read_line(struct netsh_reader *reader, struct netsh_line *line);

bool netsh_same(struct netsh_slice a, struct netsh_slice b);

#endif
