/* The shape of a block, and how far it can be trusted.
 *
 *   Begin    A line without indentation, or, in published copies whose later
 *            blocks are indented, a line with the label of the first block's
 *            first line and a deeper line below. A group's "Request queue name"
 *            has no deeper line below and begins nothing.
 *   List     Items below a value-less label ("heading"). Digits alone, or a
 *            number followed by an image path, are processes; URLs are URLs.
 *            Nothing else is a list, so timeouts and the like are not looked at.
 *   Count    The `label: digits` line right above the heading, at its depth. For
 *            processes one more such line may stand between: the controller. It
 *            is one only if the line above it gives the number listed.
 *            A heading with nothing below is a list of none if a count says 0.
 *   Belief   One list of processes, then URLs, all counts right. Generation C
 *            prints no count of URLs: none at all is fine, some is not.
 *
 * A program chooses its queue's name, and the name may hold line ends. The name
 * is printed behind the label that begins the block and again in each URL group,
 * so forged lines stand in one piece, are followed by the rest of a true block,
 * and are no longer than a name may be. What that leaves behind:
 *
 *   - forged lines inside the forger's own block: the true list of processes,
 *     even an empty one, follows: two lists.
 *   - a name that begins another block: the block it began with is torn off. It
 *     lacks its list, or it is no longer than a name and does not look like
 *     other blocks; the torn rest has two lists, or groups of another name. What
 *     directly follows a torn block is not believed either, because it may be
 *     the next piece of the same name.
 *   - a URL that is really registered is then listed twice (netsh_state.c).
 *
 * What remains possible: a name that repeats every label of a true block down to
 * its URLs, in the language of the machine, within NAME_CHARS; then nothing in
 * the text tells it from the truth. In English that takes 194 characters in a
 * generation without URL groups, and does not fit where there are some; other
 * languages are shorter. Names are documented to end at 260 bytes (130
 * characters), which cannot be relied on. Besides, any program can cast doubt on
 * a block by naming its URL, or on short blocks by looking different: doubt is
 * cheap, and the safe side. */
#include "service/sources/netsh_blocks.h"

#define NAME_CHARS 260
#define DETAILS_MAX 2 /* Services, Tagged Service */

/* The block was torn by a line end in a name, or looks like it. */
#define TORN \
  (NETSH_FLAW_TWO_LISTS | NETSH_FLAW_NO_LIST | NETSH_FLAW_OTHER_NAME | NETSH_FLAW_HEADER)

static void flaw(struct netsh_walk *walk, enum netsh_flaw flaw) {
  walk->block->flaws |= (unsigned)flaw;
}

static void advance(struct netsh_walk *walk) {
  walk->line = walk->next;
  netsh_read_line(&walk->reader, &walk->next);
}

static bool has_header_label(const struct netsh_walk *walk) {
  return walk->learnt.header.len > 0 && netsh_same(walk->line.label, walk->learnt.header);
}

void netsh_walk_start(struct netsh_walk *walk, const char *text, size_t len,
                      const struct netsh_survey *known, const struct netsh_sink *sink) {
  *walk = (struct netsh_walk){.known = known, .sink = sink};
  netsh_read_from(&walk->reader, text, len);
  netsh_read_line(&walk->reader, &walk->next);
  advance(walk);
}

/* --- lists --- */

/* One number above the list says how many it holds; a further one below that
 * is the controller. */
static bool count_is(const struct netsh_counts *counts, size_t listed,
                     uint32_t *controller) {
  if (counts->rows >= 1 && counts->last == listed)
    return true;
  if (counts->rows < 2 || counts->before != listed || counts->last > UINT32_MAX)
    return false;
  *controller = (uint32_t)counts->last;
  return true;
}

static void close_process_list(struct netsh_walk *walk) {
  uint32_t controller = 0;
  if (!count_is(&walk->heading_counts, walk->listed, &controller))
    flaw(walk, NETSH_FLAW_PROCESSES);
  if (walk->process_lists == 1)
    walk->block->controller = controller;
}

static void close_url_list(struct netsh_walk *walk) {
  const struct netsh_counts *counts = &walk->heading_counts;
  if (counts->rows == 0)
    walk->uncounted++;
  else
    walk->counted++;
  if (counts->rows > 0 && counts->last != walk->listed)
    flaw(walk, NETSH_FLAW_URLS);
}

/* A group without URLs, and not the list of processes of a queue that is idle:
 * the heading is one that stands above URLs elsewhere and never above PIDs. */
static bool is_empty_url_list(const struct netsh_walk *walk) {
  const struct netsh_survey *known = walk->known;
  return known == NULL ||
         (netsh_labels_know(&known->url_headings, walk->heading.label) &&
          !netsh_labels_know(&known->pid_headings, walk->heading.label) &&
          !known->pid_headings.more);
}

/* A heading with nothing below it. */
static void close_empty_list(struct netsh_walk *walk) {
  uint32_t controller = 0;
  if (walk->heading_counts.rows == 0)
    return;
  bool none = count_is(&walk->heading_counts, 0, &controller);
  if (walk->process_lists == 0) {
    walk->process_lists = 1;
    walk->block->controller = controller;
    if (!none)
      flaw(walk, NETSH_FLAW_PROCESSES);
    if (walk->line.kind == NETSH_END)
      flaw(walk, NETSH_FLAW_CUT);
  } else if (none && !is_empty_url_list(walk)) {
    flaw(walk, NETSH_FLAW_TWO_LISTS);
  }
}

/* |walk->line| is the first that does not belong to it. |over|: nor to the block. */
static void close_list(struct netsh_walk *walk, bool over) {
  switch (walk->list) {
  case NETSH_LIST_NONE:
    return;
  case NETSH_LIST_HEADED:
    if (over || walk->line.indent <= walk->heading.indent)
      close_empty_list(walk);
    break;
  case NETSH_LIST_PIDS:
    close_process_list(walk);
    break;
  case NETSH_LIST_URLS:
    close_url_list(walk);
    break;
  }
  walk->list = NETSH_LIST_NONE;
}

static void take_pid(struct netsh_walk *walk) {
  uint64_t pid = walk->line.number;
  walk->listed++;
  walk->nth = walk->line.kind == NETSH_PROCESS ? 0 : DETAILS_MAX;
  if (pid == 0 || pid > UINT32_MAX) {
    flaw(walk, NETSH_FLAW_PROCESSES);
    return;
  }
  walk->block->pids++;
  walk->sink->pid(walk->sink->context, (uint32_t)pid);
}

static void take_url(struct netsh_walk *walk) {
  if (walk->process_lists == 0)
    flaw(walk, NETSH_FLAW_URLS);
  if (walk->line.kind == NETSH_BAD_URL) {
    flaw(walk, NETSH_FLAW_URLS);
    return;
  }
  walk->listed++;
  walk->block->urls++;
  walk->sink->url(walk->sink->context, &walk->line);
}

static bool is_pid(const struct netsh_line *line) {
  return line->kind == NETSH_PID || line->kind == NETSH_PROCESS;
}

static bool is_url(const struct netsh_line *line) {
  return line->kind == NETSH_URL || line->kind == NETSH_BAD_URL;
}

/* The first line below a heading makes it a list, or not. */
static bool open_list(struct netsh_walk *walk) {
  const struct netsh_line *line = &walk->line;
  if (line->indent < walk->heading.indent || (!is_pid(line) && !is_url(line)))
    return false;
  walk->item_indent = line->indent;
  walk->listed = 0;
  if (is_url(line)) {
    walk->list = NETSH_LIST_URLS;
    netsh_labels_learn(&walk->learnt.url_headings, walk->heading.label);
    take_url(walk);
    return true;
  }
  walk->list = NETSH_LIST_PIDS;
  netsh_labels_learn(&walk->learnt.pid_headings, walk->heading.label);
  if (walk->process_lists++ > 0)
    flaw(walk, NETSH_FLAW_TWO_LISTS);
  take_pid(walk);
  return true;
}

/* Generation C tells about a process in two lines at its own depth. No more are
 * taken: whatever else stands there must be seen as what it is. */
static bool take_list_line(struct netsh_walk *walk) {
  const struct netsh_line *line = &walk->line;
  if (line->indent != walk->item_indent || is_url(line))
    return false;
  if (is_pid(line)) {
    take_pid(walk);
    return true;
  }
  if (walk->nth == DETAILS_MAX || line->label.len == 0)
    return false;
  walk->nth++;
  walk->sink->detail(walk->sink->context, line->value, walk->nth);
  return true;
}

static bool belongs_to_list(struct netsh_walk *walk) {
  /* A name may look like anything, "1234, C:\\x" for one. */
  if (has_header_label(walk))
    return false;
  switch (walk->list) {
  case NETSH_LIST_NONE:
    return false;
  case NETSH_LIST_HEADED:
    return open_list(walk);
  case NETSH_LIST_PIDS:
    return take_list_line(walk);
  case NETSH_LIST_URLS:
    if (is_url(&walk->line)) {
      take_url(walk);
      return true;
    }
    if (walk->line.indent == walk->item_indent)
      flaw(walk, NETSH_FLAW_URLS);
    return false;
  }
  return false;
}

/* --- blocks --- */

static bool has_deeper_line(const struct netsh_walk *walk) {
  return walk->next.kind != NETSH_END && walk->next.indent > walk->line.indent;
}

static bool starts_block(const struct netsh_walk *walk) {
  return walk->line.indent == 0 || (has_header_label(walk) && has_deeper_line(walk));
}

static void take_number(struct netsh_counts *counts, const struct netsh_line *line) {
  if (counts->rows > 0 && counts->indent != line->indent)
    counts->rows = 0;
  counts->indent = line->indent;
  counts->before = counts->last;
  counts->last = line->number;
  counts->rows++;
}

static void take_heading(struct netsh_walk *walk) {
  walk->list = NETSH_LIST_HEADED;
  walk->heading = walk->line;
  walk->heading_counts = walk->counts;
  if (walk->counts.indent != walk->line.indent)
    walk->heading_counts.rows = 0;
}

/* A PID or URL without a heading. */
static void take_stray(struct netsh_walk *walk) {
  if (is_url(&walk->line)) {
    flaw(walk, NETSH_FLAW_URLS);
    take_url(walk);
  } else {
    flaw(walk, NETSH_FLAW_TWO_LISTS);
  }
}

static void take_unlisted(struct netsh_walk *walk) {
  const struct netsh_line *line = &walk->line;
  struct netsh_slice label = line->label.len > 0 ? line->label : line->text;
  if (walk->process_lists == 0)
    netsh_labels_add(&walk->look, label);
  else if (walk->block->urls == 0)
    netsh_labels_add(&walk->url_look, label);
  if (has_header_label(walk)) {
    if (!netsh_same(line->value, walk->block->name))
      flaw(walk, NETSH_FLAW_OTHER_NAME);
  } else if (line->kind == NETSH_NUMBER) {
    take_number(&walk->counts, line);
    return;
  } else if (line->kind == NETSH_HEADING) {
    take_heading(walk);
  } else if (is_pid(line) || is_url(line)) {
    take_stray(walk);
  }
  walk->counts.rows = 0;
}

static void take_line(struct netsh_walk *walk) {
  if (walk->line.control)
    flaw(walk, NETSH_FLAW_CONTROL);
  if (!belongs_to_list(walk)) {
    close_list(walk, false);
    take_unlisted(walk);
  }
  /* The last line of a cut text: a PID may lack digits, a URL its end. */
  bool whole_url = is_url(&walk->line) && walk->line.text.len > 0 &&
                   walk->line.text.data[walk->line.text.len - 1] == '/';
  if (!walk->line.ended &&
      (walk->list == NETSH_LIST_PIDS || (walk->list == NETSH_LIST_URLS && !whole_url)))
    flaw(walk, NETSH_FLAW_CUT);
  walk->cut = !walk->line.ended;
  walk->block->chars += walk->line.chars;
}

/* The title is an unindented line with a rule of dashes under it. The label of
 * blocks is that of the first unindented line with an indented one below. */
static void learn_from_header(struct netsh_walk *walk) {
  const struct netsh_line *line = &walk->line;
  if (line->kind == NETSH_RULE && walk->after_title_line)
    walk->learnt.title = true;
  walk->after_title_line = line->kind != NETSH_RULE;
  if (walk->learnt.header.len == 0 && has_deeper_line(walk))
    walk->learnt.header = line->label;
}

/* What the block is worth by its first line. The first walk has not seen later
 * lines yet, but what it thinks of a block is not used. Nothing is wrong with
 * titles, above the first block. */
static void judge_header(struct netsh_walk *walk) {
  const struct netsh_survey *survey = walk->known != NULL ? walk->known : &walk->learnt;
  bool same = survey->header.len > 0 && netsh_same(walk->line.label, survey->header);
  walk->header_seen = walk->header_seen || same;
  if (walk->header_seen && !same) {
    walk->block->name = walk->line.text;
    flaw(walk, NETSH_FLAW_HEADER);
  }
  if (walk->line.control)
    flaw(walk, NETSH_FLAW_CONTROL);
}

static void open_block(struct netsh_walk *walk, struct netsh_block *block) {
  const struct netsh_line *line = &walk->line;
  *block = (struct netsh_block){.name = line->value, .chars = line->chars};
  walk->block = block;
  netsh_labels_clear(&walk->look);
  netsh_labels_clear(&walk->url_look);
  walk->process_lists = walk->counted = walk->uncounted = 0;
  walk->counts.rows = 0;
  learn_from_header(walk);
  judge_header(walk);
}

/* Compares with the first block that had a look. */
static bool looks_alike(struct netsh_labels *first, const struct netsh_labels *look) {
  if (first->count == 0)
    *first = *look;
  return netsh_labels_equal(first, look);
}

/* The controller's line is left out: only some queues have one. */
static void judge_look(struct netsh_walk *walk) {
  struct netsh_labels *look = &walk->look;
  struct netsh_survey *learnt = &walk->learnt;
  const struct netsh_survey *known = walk->known;
  bool has_urls = walk->block->urls > 0;
  if (walk->block->controller != 0 && look->count >= 2 && !look->more) {
    look->at[look->count - 2] = look->at[look->count - 1];
    look->count--;
  }
  if (!looks_alike(&learnt->look, look))
    learnt->look_differs = true;
  if (has_urls && !looks_alike(&learnt->url_look, &walk->url_look))
    learnt->url_look_differs = true;

  bool may_be_a_name = walk->block->chars <= NAME_CHARS && walk->line.kind != NETSH_END;
  if (may_be_a_name && known != NULL &&
      (known->look_differs || (has_urls && known->url_look_differs)))
    flaw(walk, NETSH_FLAW_LOOK);
}

static void judge_block(struct netsh_walk *walk) {
  struct netsh_block *block = walk->block;
  if (walk->cut && block->urls == 0)
    flaw(walk, NETSH_FLAW_CUT);
  if (walk->counted > 0 && walk->uncounted > 0)
    flaw(walk, NETSH_FLAW_URLS);
  if (walk->process_lists > 0)
    judge_look(walk);
  else if (walk->header_seen)
    flaw(walk, NETSH_FLAW_NO_LIST);
  bool torn = (block->flaws & (unsigned)TORN) != 0;
  if (walk->torn)
    flaw(walk, NETSH_FLAW_AFTER);
  walk->torn = torn || (walk->torn && block->chars <= NAME_CHARS);
}

bool netsh_walk_next(struct netsh_walk *walk, struct netsh_block *block) {
  while (walk->line.kind != NETSH_END && !starts_block(walk))
    advance(walk);
  if (walk->line.kind == NETSH_END)
    return false;
  open_block(walk, block);
  for (advance(walk); walk->line.kind != NETSH_END && !starts_block(walk); advance(walk))
    take_line(walk);
  close_list(walk, true);
  judge_block(walk);
  return true;
}
