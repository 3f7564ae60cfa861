/* Lines put together to blocks: one per request queue. The rules, and what they
 * are worth against a forged queue name, are at the top of netsh_blocks.c. */
#ifndef PG_NETSH_BLOCKS_H
#define PG_NETSH_BLOCKS_H

#include "service/sources/netsh_labels.h"

/* What speaks against believing a block. Any of them: never `certain`. */
enum netsh_flaw {
  NETSH_FLAW_PROCESSES = 1 << 0,  /* fewer or more PIDs than the block counts */
  NETSH_FLAW_URLS = 1 << 1,       /* likewise URLs, or they stand where none belong */
  NETSH_FLAW_TWO_LISTS = 1 << 2,  /* more than one list of processes, or stray PIDs */
  NETSH_FLAW_NO_LIST = 1 << 3,    /* no list of processes at all */
  NETSH_FLAW_OTHER_NAME = 1 << 4, /* a group inside belongs to another queue */
  NETSH_FLAW_HEADER = 1 << 5,     /* does not begin as the other blocks do */
  NETSH_FLAW_LOOK = 1 << 6,       /* short enough for a name, and looks different */
  NETSH_FLAW_CONTROL = 1 << 7,    /* control characters */
  NETSH_FLAW_CUT = 1 << 8,        /* the text ends in the middle of it */
  NETSH_FLAW_AFTER = 1 << 9,      /* follows a block that a name seems to have torn */
};

struct netsh_block {
  struct netsh_slice name;
  size_t pids, urls;   /* how many the sink was given */
  uint32_t controller; /* 0: none */
  size_t chars;
  unsigned flaws; /* enum netsh_flaw bits */
};

/* Receives a block's rows in the order of the text. */
struct netsh_sink {
  void *context;
  void (*pid)(void *context, uint32_t pid);
  void (*url)(void *context, const struct netsh_line *line);
  /* The |nth| line (from 1) below one process of generation C. */
  void (*detail)(void *context, struct netsh_slice value, size_t nth);
};

/* What a first walk over the text tells the second one. */
struct netsh_survey {
  bool title;                   /* the title and the rule under it */
  struct netsh_slice header;    /* the label every block begins with */
  struct netsh_labels look;     /* labels of the first block, down to its PIDs */
  struct netsh_labels url_look; /* of the first with URLs, from there to them */
  bool look_differs;            /* some other block has others … */
  bool url_look_differs;
  struct netsh_labels pid_headings; /* labels that head PIDs somewhere … */
  struct netsh_labels url_headings; /* … and URLs */
};

enum netsh_list { NETSH_LIST_NONE, NETSH_LIST_HEADED, NETSH_LIST_PIDS, NETSH_LIST_URLS };

/* The `label: digits` lines in a row; the last two of them are of interest. */
struct netsh_counts {
  size_t indent, rows;
  uint64_t last, before;
};

struct netsh_walk {
  struct netsh_reader reader;
  struct netsh_line line, next;
  const struct netsh_survey *known; /* NULL in the first walk */
  struct netsh_survey learnt;
  const struct netsh_sink *sink;

  /* the block being read */
  struct netsh_block *block;
  struct netsh_labels look, url_look;
  size_t process_lists, counted, uncounted;

  /* the list being read */
  enum netsh_list list;
  struct netsh_line heading;
  struct netsh_counts counts;         /* in a row up to this line */
  struct netsh_counts heading_counts; /* directly above the heading */
  size_t item_indent, listed, nth;
  bool after_title_line; /* the line before had no indentation and was no rule */
  bool header_seen, torn;
  bool cut; /* the line before has no end */
};

/* |sink| and |known| must outlive the walk. */
void netsh_walk_start(struct netsh_walk *walk, const char *text, size_t len,
                      const struct netsh_survey *known, const struct netsh_sink *sink);
/* False after the last block. Blocks without PIDs and URLs (titles) come too. */
bool netsh_walk_next(struct netsh_walk *walk, struct netsh_block *block);

#endif
