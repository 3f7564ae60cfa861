/* The sentences behind a holder: what was seen, and where certainty ends. */
#include "common/text.h"
#include "service/explain/internal.h"

#define SENTENCE_MAX (16u * 1024u)
#define ENDPOINTS_MAX 4
/* How far behind a holder's first listener others of it are looked for: many holders
 * with many listeners between them must not take an age. */
#define LISTENERS_MAX 64
#define URLS_MAX 8
#define PIDS_MAX 8

struct writer {
  struct pg_json *json;
  const struct pg_snapshot *snapshot;
  const struct pg_port *port; /* NULL: nothing listens on |number| */
  uint16_t number;
  const struct pg_holder *holder;
  struct pg_text sentence;
};

/* Whether |listener| is one of |holder|'s. */
static bool holds(const struct pg_snapshot *snapshot, const struct pg_holder *holder,
                  const struct pg_listener *listener) {
  bool kernel = snapshot_kernel_owned(snapshot, listener->pid);
  if (holder->kind == PG_HOLDER_HTTP_SYS || holder->kind == PG_HOLDER_DRIVER)
    return kernel;
  if (holder->proxy != NULL &&
      listener->address.family != explain_proxy_family(holder->proxy))
    return false;
  return !kernel && listener->pid == holder->pid;
}

static void flush(struct writer *w) {
  pg_json_text(w->json, pg_text_str(&w->sentence), w->sentence.len);
  pg_text_clear(&w->sentence);
}

static void say_listens(struct writer *w) {
  char endpoint[PG_ENDPOINT_CHARS];
  size_t first = w->holder->first_listener, said = 0;
  size_t end = w->port->first_listener + w->port->listener_count;
  if (end - first > LISTENERS_MAX)
    end = first + LISTENERS_MAX;
  for (size_t i = first; i < end && said < ENDPOINTS_MAX; i++) {
    const struct pg_listener *listener = &w->snapshot->listeners[i];
    if (!holds(w->snapshot, w->holder, listener))
      continue;
    said++;
    pg_text_printf(&w->sentence, "PID %lu listens on %s", (unsigned long)listener->pid,
                   pg_endpoint_format(&listener->address, listener->port, endpoint,
                                      sizeof endpoint));
    flush(w);
  }
}

static void say_urls(struct writer *w) {
  const struct pg_http_queue *queue = w->holder->queue;
  size_t said = 0;
  for (size_t i = 0; i < queue->url_count && said < URLS_MAX; i++) {
    if (queue->urls[i].port != w->number)
      continue;
    said++;
    if (queue->name != NULL)
      pg_text_printf(&w->sentence, "queue %s registers %s", queue->name,
                     queue->urls[i].text);
    else
      pg_text_printf(&w->sentence, "an unnamed queue registers %s", queue->urls[i].text);
    flush(w);
  }
}

static void say_service(struct writer *w) {
  const struct pg_service *service = w->holder->service;
  if ((w->holder->evidence & PG_EV_CONTROLLER) != 0)
    pg_text_printf(&w->sentence, "PID %lu controls the queue and runs service %s",
                   (unsigned long)w->holder->controller_pid, service->name);
  else
    pg_text_printf(&w->sentence, "the service control manager runs %s in PID %lu",
                   service->name, (unsigned long)service->pid);
  if ((w->holder->evidence & PG_EV_TOP_OF_CHAIN) != 0)
    pg_text_str_add(&w->sentence, ", which needs the other services there");
  flush(w);
}

static void say_tag(struct writer *w) {
  pg_text_printf(&w->sentence, "the socket carries the service tag of %s in PID %lu",
                 w->holder->service->name, (unsigned long)w->holder->pid);
  flush(w);
}

static void say_tagged_line(struct writer *w) {
  pg_text_printf(&w->sentence, "netsh names service %s for the queue",
                 w->holder->service->name);
  flush(w);
}

static void say_several(struct writer *w) {
  pg_text_printf(&w->sentence, "PID %lu runs %zu services and nothing tells them apart",
                 (unsigned long)w->holder->candidates[0]->pid,
                 w->holder->candidate_count);
  flush(w);
}

static void say_processes(struct writer *w) {
  const struct pg_http_queue *queue = w->holder->queue;
  pg_text_str_add(&w->sentence, "several processes serve the queue: PIDs ");
  for (size_t i = 0; i < queue->pid_count && i < PIDS_MAX; i++)
    pg_text_printf(&w->sentence, "%s%lu", i > 0 ? ", " : "",
                   (unsigned long)queue->pids[i]);
  if (queue->pid_count > PIDS_MAX)
    pg_text_printf(&w->sentence, " and %zu more", queue->pid_count - PIDS_MAX);
  flush(w);
}

static void say_services_unknown(struct writer *w) {
  pg_json_str(w->json, "whether a service runs in that process is not known");
}

static void say_pid_reused(struct writer *w) {
  pg_text_printf(
      &w->sentence,
      "PID %lu seems to have started after the socket was created: the PID may "
      "have been used again, or the clock was set back",
      (unsigned long)w->holder->pid);
  flush(w);
}

static void say_gone(struct writer *w) {
  pg_text_printf(&w->sentence, "no process has PID %lu any more",
                 (unsigned long)w->holder->pid);
  if (w->holder->queue == NULL)
    pg_text_str_add(&w->sentence,
                    ": the socket was probably inherited by a child process");
  flush(w);
}

static void say_counts(struct writer *w) {
  pg_json_str(w->json,
              "netsh's text contradicts itself about this queue, which a made-up "
              "queue name can cause");
}

static void say_no_registration(struct writer *w) {
  pg_text_printf(&w->sentence, "HTTP.sys has no URL registered for port %u",
                 (unsigned)w->number);
  flush(w);
}

static void say_http_unknown(struct writer *w) {
  pg_json_str(w->json, "who registered with HTTP.sys could not be read");
}

static void say_no_pid(struct writer *w) {
  pg_json_str(w->json, "no process is attached to the queue");
}

static void say_known_port(struct writer *w) {
  pg_text_printf(&w->sentence, "port %u is the port of %s", (unsigned)w->number,
                 w->holder->known_as);
  flush(w);
}

static void say_proxy(struct writer *w) {
  pg_text_str_add(&w->sentence, "the port proxy rule ");
  explain_proxy_words(w->holder->proxy, &w->sentence);
  pg_text_str_add(&w->sentence, " fits, and IP Helper listens for such rules");
  flush(w);
}

static void say_relay(struct writer *w) {
  const struct explain_relay *relay = explain_relay_of(w->holder->process);
  pg_text_printf(&w->sentence, "%s is %s: it listens for %s", relay->image,
                 relay->known_as, relay->serves);
  flush(w);
}

static void say_range(struct writer *w) {
  const struct pg_excluded_range *range = w->holder->range;
  bool twin = explain_range_has_twin(w->snapshot, range);
  const char *where = range->family == PG_IPV6 ? " on IPv6" : "";
  pg_text_printf(&w->sentence,
                 "%u-%u, excluded port range%s (dynamic: usually WinNAT for Hyper-V, "
                 "WSL or Docker)",
                 (unsigned)range->first, (unsigned)range->last,
                 twin ? " on IPv4 and IPv6" : where);
  flush(w);
}

static void say_candidates(struct writer *w) {
  pg_text_printf(&w->sentence,
                 "running services that use HTTP.sys or are known for port %u: ",
                 (unsigned)w->number);
  for (size_t i = 0; i < w->holder->candidate_count; i++)
    pg_text_printf(&w->sentence, "%s%s", i > 0 ? ", " : "",
                   w->holder->candidates[i]->name);
  flush(w);
}

/* Who it is known as when only the URL tells. */
static void say_known_url(struct writer *w) {
  const struct pg_url *url;
  const struct dictionary_entry *entry = explain_known(w->holder, w->number, &url);
  if (url == NULL)
    return;
  pg_text_printf(&w->sentence, "%s is a URL of %s", url->text, entry->known_as);
  flush(w);
}

void explain_evidence(struct pg_json *json, const struct pg_snapshot *snapshot,
                      uint16_t number, const struct pg_holder *holder) {
  static const struct {
    enum pg_evidence bit;
    void (*say)(struct writer *w);
  } sentences[] = {
      {PG_EV_LISTENS, say_listens},
      {PG_EV_QUEUE_URL, say_urls},
      {PG_EV_SERVICE_PID, say_service},
      {PG_EV_TAG, say_tag},
      {PG_EV_TAGGED_LINE, say_tagged_line},
      {PG_EV_SEVERAL_IN_PROCESS, say_several},
      {PG_EV_PID_REUSED, say_pid_reused},
      {PG_EV_PROCESS_GONE, say_gone},
      {PG_EV_COUNTS_DISAGREE, say_counts},
      {PG_EV_NO_REGISTRATION, say_no_registration},
      {PG_EV_HTTP_UNKNOWN, say_http_unknown},
      {PG_EV_NO_PID, say_no_pid},
      {PG_EV_KNOWN_PORT, say_known_port},
      {PG_EV_SEVERAL_PROCESSES, say_processes},
      {PG_EV_SERVICES_UNKNOWN, say_services_unknown},
      {PG_EV_PROXY_RULE, say_proxy},
      {PG_EV_RELAY, say_relay},
      {PG_EV_RANGE, say_range},
      {PG_EV_CANDIDATES, say_candidates},
      {PG_EV_QUEUE_URL, say_known_url},
  };
  struct writer w = {json,   snapshot, snapshot_port(snapshot, number),
                     number, holder,   {0}};
  pg_text_init(&w.sentence, SENTENCE_MAX);
  pg_json_array(json);
  for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
    if ((holder->evidence & (unsigned)sentences[i].bit) != 0)
      sentences[i].say(&w);
  pg_json_end_array(json);
  pg_text_free(&w.sentence);
}
