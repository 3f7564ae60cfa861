/* From blocks to request queues: two walks over the text, the first to count
 * and to learn what this text's blocks look like, the second to store; then the
 * checks that need all queues at once.
 *
 *   Names    Queue names are unique in HTTP.sys, so a name that several queues
 *            have is the phrase for "unnamed" in whatever language; so is one
 *            that ends like a sentence. With several such names one at most is
 *            that phrase: those that are no sentence are not believed.
 *   URLs     HTTP.sys has a URL once. Listed for two queues, one of the lists is
 *            forged, and it cannot be told which: neither is believed.
 *   Services Taken only when the SCM knows the name.
 *
 * netsh_blocks.c has the shape of blocks and what a forged name can do. */
#include "service/sources/netsh_state.h"

#include "common/text.h"
#include "service/sources/netsh_blocks.h"
#include "service/sources/netsh_keys.h"

#include <stdlib.h>
#include <string.h>

struct totals {
  size_t queues, pids, urls, services;
};

struct build {
  struct pg_snapshot *snapshot;
  struct netsh_survey survey;
  struct netsh_key *known; /* service names; |item| leads to the service, |owner|
                            * is the last block that listed it */
  size_t known_count;

  bool storing;
  bool no_memory;
  struct totals at; /* counted, then filled */
  struct pg_http_queue *queues;
  uint32_t *pids;
  struct pg_url *urls;
  const char **services;
  struct netsh_slice *names; /* of |queues| */

  /* the block being read */
  size_t serial; /* of blocks, over both walks, from 1 */
  struct totals first;
  const char *tagged;
  bool tags_differ;
};

/* --- rows of one block --- */

static void take_pid(void *context, uint32_t pid) {
  struct build *build = context;
  if (build->storing)
    build->pids[build->at.pids] = pid;
  build->at.pids++;
}

/* Scheme and host in lower case, the rest as HTTP.sys has it. */
static void store_url(struct build *build, const struct netsh_line *line) {
  char *text = pg_arena_text(build->snapshot->arena, line->text.data, line->text.len);
  if (text == NULL) {
    build->no_memory = true;
    return;
  }
  for (size_t i = 0; i < line->host_end; i++)
    if (text[i] >= 'A' && text[i] <= 'Z')
      text[i] = (char)(text[i] - 'A' + 'a');
  build->urls[build->at.urls] = (struct pg_url){.text = text, .port = line->port};
}

static void take_url(void *context, const struct netsh_line *line) {
  struct build *build = context;
  if (build->storing)
    store_url(build, line);
  build->at.urls++;
}

static void take_service(struct build *build, struct netsh_slice word) {
  struct netsh_key *known = netsh_keys_find(build->known, build->known_count, word);
  if (known == NULL || known->owner == build->serial)
    return;
  known->owner = build->serial;
  if (build->storing)
    build->services[build->at.services] = build->snapshot->services[known->item].name;
  build->at.services++;
}

static struct netsh_slice trimmed(const char *data, const char *end) {
  while (data < end && *data == ' ')
    data++;
  while (data < end && end[-1] == ' ')
    end--;
  return (struct netsh_slice){data, (size_t)(end - data)};
}

static void take_services(struct build *build, struct netsh_slice list) {
  const char *at = list.data, *end = list.data + list.len;
  while (at < end) {
    const char *comma = memchr(at, ',', (size_t)(end - at));
    const char *stop = comma != NULL ? comma : end;
    take_service(build, trimmed(at, stop));
    at = comma != NULL ? comma + 1 : end;
  }
}

/* The tagged service is one of those listed. When two processes of a queue have
 * different ones, none speaks for the queue. */
static void take_tagged(struct build *build, struct netsh_slice word) {
  struct netsh_key *known = netsh_keys_find(build->known, build->known_count, word);
  if (known == NULL || known->owner != build->serial)
    return;
  const char *name = build->snapshot->services[known->item].name;
  if (build->tagged != NULL && build->tagged != name)
    build->tags_differ = true;
  build->tagged = name;
}

static void take_detail(void *context, struct netsh_slice value, size_t nth) {
  struct build *build = context;
  if (nth == 1)
    take_services(build, value);
  else
    take_tagged(build, value);
}

/* --- blocks --- */

static void store_queue(struct build *build, const struct netsh_block *block) {
  const struct totals *first = &build->first;
  struct pg_http_queue *queue = &build->queues[build->at.queues];
  queue->pids = build->pids + first->pids;
  queue->pid_count = build->at.pids - first->pids;
  queue->controller = block->controller;
  queue->services = build->services + first->services;
  queue->service_count = build->at.services - first->services;
  queue->tagged_service = build->tags_differ ? NULL : build->tagged;
  queue->urls = build->urls + first->urls;
  queue->url_count = build->at.urls - first->urls;
  queue->counts_agree = block->flaws == 0;
  build->names[build->at.queues] = block->name;
}

static void open_block(struct build *build) {
  build->serial++;
  build->first = build->at;
  build->tagged = NULL;
  build->tags_differ = false;
}

static void walk_text(struct build *build, const struct netsh_survey *known) {
  struct netsh_sink sink = {build, take_pid, take_url, take_detail};
  struct netsh_walk walk;
  struct netsh_block block;
  bool previous = false; /* the block before is the last queue stored */

  netsh_walk_start(&walk, build->snapshot->http_text, build->snapshot->http_text_len,
                   known, &sink);
  for (open_block(build); netsh_walk_next(&walk, &block); open_block(build)) {
    bool is_queue = block.pids > 0 || block.urls > 0 || block.controller != 0;
    if (is_queue && build->storing) {
      /* A block that begins unlike the others may be the rest of the name that
       * the block before it begins with. */
      if (previous && (block.flaws & (unsigned)NETSH_FLAW_HEADER) != 0)
        build->queues[build->at.queues - 1].counts_agree = false;
      store_queue(build, &block);
    }
    build->at.queues += is_queue;
    previous = is_queue;
  }
  build->survey = walk.learnt;
}

/* --- all queues together --- */

static bool ends_like_a_sentence(struct netsh_slice name) {
  /* U+3002, U+FF0E and U+0964 are the full stops of CJK and Indic scripts. */
  static const char *const stops[] = {".", "\xE3\x80\x82", "\xEF\xBC\x8E",
                                      "\xE0\xA5\xA4"};
  for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++) {
    size_t len = strlen(stops[i]);
    if (name.len >= len && memcmp(name.data + name.len - len, stops[i], len) == 0)
      return true;
  }
  return false;
}

static size_t count_shared_names(const struct netsh_key *keys, size_t count) {
  size_t shared = 0;
  for (size_t i = 0, end; i < count; i = end) {
    end = netsh_keys_run(keys, count, i);
    shared += end - i > 1;
  }
  return shared;
}

/* False: no memory. */
static bool name_queue(struct build *build, const struct netsh_key *key, bool unnamed) {
  struct pg_http_queue *queue = &build->queues[key->owner];
  struct netsh_slice name = build->names[key->owner];
  if (unnamed || name.len == 0)
    return true;
  queue->name = pg_arena_text(build->snapshot->arena, name.data, name.len);
  return queue->name != NULL;
}

static bool name_queues(struct build *build, struct netsh_key *keys) {
  size_t count = build->at.queues;
  for (size_t i = 0; i < count; i++)
    keys[i] = netsh_key(build->names[i], i, 0);
  if (!netsh_keys_sort(keys, count))
    return false;

  bool one_shared = count_shared_names(keys, count) == 1;
  for (size_t i = 0, end; i < count; i = end) {
    end = netsh_keys_run(keys, count, i);
    bool shared = end - i > 1;
    bool unnamed = ends_like_a_sentence(keys[i].word) || (shared && one_shared);
    for (size_t j = i; j < end; j++) {
      if (shared && !unnamed)
        build->queues[keys[j].owner].counts_agree = false;
      if (!name_queue(build, &keys[j], unnamed))
        return false;
    }
  }
  return true;
}

/* The first of a run of equal URLs stays with each queue; others get port 0. */
static void judge_url(struct build *build, const struct netsh_key *keys, size_t first,
                      size_t end) {
  bool disputed = keys[first].owner != keys[end - 1].owner;
  for (size_t i = first; i < end; i++) {
    if (disputed)
      build->queues[keys[i].owner].counts_agree = false;
    if (i > first && keys[i].owner == keys[i - 1].owner)
      build->urls[keys[i].item].port = 0;
  }
}

static void drop_repeated_urls(struct build *build, struct pg_http_queue *queue) {
  size_t first = (size_t)(queue->urls - build->urls), kept = 0;
  for (size_t i = 0; i < queue->url_count; i++)
    if (queue->urls[i].port != 0)
      build->urls[first + kept++] = queue->urls[i];
  queue->url_count = kept;
}

static bool judge_urls(struct build *build, struct netsh_key *keys) {
  size_t count = 0;
  for (size_t i = 0; i < build->at.queues; i++) {
    const struct pg_http_queue *queue = &build->queues[i];
    for (size_t j = 0; j < queue->url_count; j++) {
      struct netsh_slice word = {queue->urls[j].text, strlen(queue->urls[j].text)};
      keys[count] = netsh_key(word, i, (size_t)(&queue->urls[j] - build->urls));
      count++;
    }
  }
  if (!netsh_keys_sort(keys, count))
    return false;
  for (size_t i = 0, end; i < count; i = end) {
    end = netsh_keys_run(keys, count, i);
    judge_url(build, keys, i, end);
  }
  for (size_t i = 0; i < build->at.queues; i++)
    drop_repeated_urls(build, &build->queues[i]);
  return true;
}

static bool judge_all(struct build *build) {
  size_t most = build->at.urls > build->at.queues ? build->at.urls : build->at.queues;
  struct netsh_key *keys = calloc(most, sizeof *keys);
  bool ok = keys != NULL && name_queues(build, keys) && judge_urls(build, keys);
  free(keys);
  return ok;
}

/* --- the whole --- */

static bool index_services(struct build *build) {
  const struct pg_snapshot *snapshot = build->snapshot;
  size_t count = snapshot->service_count;
  build->known = calloc(count > 0 ? count : 1, sizeof *build->known);
  if (build->known == NULL)
    return false;
  build->known_count = count;
  for (size_t i = 0; i < count; i++) {
    const char *name = snapshot->services[i].name;
    build->known[i] = netsh_key((struct netsh_slice){name, strlen(name)}, 0, i);
  }
  return netsh_keys_sort(build->known, count);
}

/* One more of each than counted, so that none is not NULL. */
static bool make_room(struct build *build) {
  struct pg_arena *arena = build->snapshot->arena;
  const struct totals *need = &build->at;
  build->queues = pg_arena_alloc(arena, need->queues + 1, sizeof *build->queues);
  build->pids = pg_arena_alloc(arena, need->pids + 1, sizeof *build->pids);
  build->urls = pg_arena_alloc(arena, need->urls + 1, sizeof *build->urls);
  build->services = pg_arena_alloc(arena, need->services + 1, sizeof *build->services);
  build->names = calloc(need->queues + 1, sizeof *build->names);
  return build->queues != NULL && build->pids != NULL && build->urls != NULL &&
         build->services != NULL && build->names != NULL;
}

static bool store(struct build *build) {
  struct netsh_survey known = build->survey;
  if (!make_room(build))
    return false;
  build->storing = true;
  build->at = (struct totals){0};
  walk_text(build, &known);
  if (build->no_memory || !judge_all(build))
    return false;
  build->snapshot->queues = build->queues;
  build->snapshot->queue_count = build->at.queues;
  return true;
}

static enum pg_error not_understood(const struct pg_snapshot *snapshot,
                                    struct pg_fault *fault) {
  char start[81], shown[256];
  size_t len = snapshot->http_text_len;
  if (len == 0)
    return pg_fail(fault, PG_E_FORMAT,
                   "netsh printed nothing where the state of HTTP.sys was expected");
  size_t quoted = len < sizeof start ? len : sizeof start - 1;
  memcpy(start, snapshot->http_text, quoted);
  start[quoted] = '\0';
  return pg_fail(fault, PG_E_FORMAT,
                 "netsh's %zu bytes hold neither a request queue nor the title of the "
                 "HTTP.sys state; they begin \"%s\"",
                 len, pg_escape(shown, sizeof shown, start));
}

enum pg_error netsh_state_parse(struct pg_snapshot *snapshot, struct pg_fault *fault) {
  struct build build = {.snapshot = snapshot};
  enum pg_error result = PG_OK;
  snapshot->queues = NULL;
  snapshot->queue_count = 0;

  bool ok = index_services(&build);
  if (ok)
    walk_text(&build, NULL);
  if (ok && build.at.queues > 0)
    ok = store(&build);
  if (!ok)
    result = pg_fail(fault, PG_E_NOMEM, "no memory for the state of HTTP.sys");
  else if (build.at.queues == 0 && !build.survey.title)
    result = not_understood(snapshot, fault);
  free(build.names);
  free(build.known);
  return result;
}
