/* The names and the one-line summary. */
#include "common/text.h"
#include "service/explain/internal.h"

/* A sentence names this many holders or addresses; the rest is counted. */
#define NAMED_MAX 4

void explain_service_words(const struct pg_service *service, struct pg_text *out) {
  pg_text_str_add(out, service->name);
  if (service->display_name != NULL &&
      !pg_case_equal(service->display_name, service->name))
    pg_text_printf(out, " (%s)", service->display_name);
}

void explain_process_words(uint32_t pid, const struct pg_process *process,
                           struct pg_text *out) {
  if (process != NULL)
    pg_text_printf(out, "%s (PID %lu)", process->name, (unsigned long)pid);
  else
    pg_text_printf(out, "PID %lu", (unsigned long)pid);
}

void explain_connection_words(const struct pg_connection *connection,
                              struct pg_text *out) {
  char endpoint[PG_ENDPOINT_CHARS];
  const char *state = pg_tcp_state_name(connection->state);
  pg_text_str_add(out, pg_endpoint_format(&connection->address, connection->port,
                                          endpoint, sizeof endpoint));
  if (state != NULL)
    pg_text_printf(out, " (%s)", state);
}

static void list_candidates(const struct pg_holder *holder, struct pg_text *out) {
  for (size_t i = 0; i < holder->candidate_count && i < NAMED_MAX; i++)
    pg_text_printf(out, "%s%s", i > 0 ? ", " : "", holder->candidates[i]->name);
  if (holder->candidate_count > NAMED_MAX)
    pg_text_printf(out, " and %zu more", holder->candidate_count - NAMED_MAX);
}

static void name_candidates(const struct pg_holder *holder, struct pg_text *out) {
  pg_text_str_add(out, "one of ");
  list_candidates(holder, out);
  uint32_t pid = holder->candidates[0]->pid;
  pg_text_str_add(out, " in ");
  explain_process_words(
      pid, pid == holder->controller_pid ? holder->controller : holder->process, out);
}

static void name_queue_processes(const struct pg_http_queue *queue, struct pg_text *out) {
  pg_text_str_add(out, "PIDs ");
  for (size_t i = 0; i < queue->pid_count && i < NAMED_MAX; i++)
    pg_text_printf(out, "%s%lu", i > 0 ? ", " : "", (unsigned long)queue->pids[i]);
  if (queue->pid_count > NAMED_MAX)
    pg_text_printf(out, " and %zu more", queue->pid_count - NAMED_MAX);
}

static void name_holder_process(const struct pg_holder *holder, struct pg_text *out) {
  if ((holder->evidence & PG_EV_SEVERAL_PROCESSES) != 0)
    name_queue_processes(holder->queue, out);
  else
    explain_process_words(holder->pid, holder->process, out);
  if ((holder->evidence & PG_EV_PROCESS_GONE) != 0)
    pg_text_str_add(out, ", which has ended,");
}

static void name_driver(const struct pg_holder *holder, struct pg_text *out) {
  bool unknown = (holder->evidence & PG_EV_HTTP_UNKNOWN) != 0;
  if (holder->known_as != NULL) {
    pg_text_str_add(out, holder->known_as);
    return;
  }
  pg_text_str_add(out, unknown ? "the kernel (most likely HTTP.sys"
                               : "a kernel driver (HTTP.sys has no URL for it");
  if (holder->candidate_count > 0) {
    pg_text_str_add(out, "; candidates: ");
    list_candidates(holder, out);
  }
  pg_text_char(out, ')');
}

/* All rules with a listener on the port, since their owner is one. */
static void name_proxies(const struct pg_snapshot *snapshot, const struct pg_port *port,
                         struct pg_text *out) {
  size_t count = 0;
  for (size_t i = 0; i < port->holder_count; i++)
    count += snapshot->holders[port->first_holder + i].proxy != NULL;
  pg_text_str_add(out, count > 1 ? "port proxy rules (" : "a port proxy rule (");
  for (size_t i = 0, shown = 0; i < port->holder_count && shown < NAMED_MAX; i++) {
    const struct pg_holder *holder = &snapshot->holders[port->first_holder + i];
    if (holder->proxy == NULL)
      continue;
    pg_text_str_add(out, shown++ > 0 ? ", " : "");
    explain_proxy_words(holder->proxy, out);
  }
  if (count > NAMED_MAX)
    pg_text_printf(out, " and %zu more", count - NAMED_MAX);
  pg_text_char(out, ')');
}

static void name_relay(const struct pg_holder *holder, struct pg_text *out) {
  pg_text_printf(out, "%s (%s, PID %lu)", holder->known_as, holder->process->name,
                 (unsigned long)holder->pid);
}

static void name_holder(const struct pg_snapshot *snapshot, const struct pg_port *port,
                        const struct pg_holder *holder, struct pg_text *out) {
  if (holder->kind == PG_HOLDER_PORTPROXY && port != NULL)
    name_proxies(snapshot, port, out);
  else if (holder->kind == PG_HOLDER_DRIVER)
    name_driver(holder, out);
  else if ((holder->evidence & PG_EV_RELAY) != 0)
    name_relay(holder, out);
  else if (holder->service != NULL)
    explain_service_words(holder->service, out);
  else if (holder->candidate_count > 0)
    name_candidates(holder, out);
  else if (holder->pid != 0)
    name_holder_process(holder, out);
  else if (holder->controller_pid != 0)
    explain_process_words(holder->controller_pid, holder->controller, out);
  else
    pg_text_str_add(out, "an unknown process");
}

/* Candidates and drivers say in their own words how far they are known, and a
 * process that may be a service is the holder all the same. */
static bool is_guess(const struct pg_holder *holder) {
  static const unsigned doubts =
      PG_EV_COUNTS_DISAGREE | PG_EV_PID_REUSED | PG_EV_NO_PID | PG_EV_SEVERAL_PROCESSES;
  if (holder->confidence != PG_CONFIDENCE_LIKELY)
    return false;
  return holder->kind == PG_HOLDER_PORTPROXY || (holder->evidence & doubts) != 0;
}

/* All owners behind HTTP.sys are guesses: then the sentence says it once. */
static bool only_guesses(const struct pg_snapshot *snapshot, const struct pg_port *port) {
  for (size_t i = 0; i < port->holder_count; i++) {
    const struct pg_holder *holder = &snapshot->holders[port->first_holder + i];
    if (holder->kind == PG_HOLDER_HTTP_SYS && !is_guess(holder))
      return false;
  }
  return true;
}

static const char *separator(size_t index, size_t count) {
  if (index == 0)
    return "";
  return index + 1 == count ? " and " : ", ";
}

/* Names the owners for which |wanted| holds. */
static void name_owners(const struct pg_snapshot *snapshot, const struct pg_port *port,
                        bool (*wanted)(const struct pg_holder *), bool mark_guesses,
                        struct pg_text *out) {
  const struct pg_holder *named[NAMED_MAX];
  size_t total = 0;
  for (size_t i = 0; i < port->holder_count; i++) {
    const struct pg_holder *holder = &snapshot->holders[port->first_holder + i];
    if (holder->repeats || !wanted(holder))
      continue;
    if (total < NAMED_MAX)
      named[total] = holder;
    total++;
  }
  size_t shown = total < NAMED_MAX ? total : NAMED_MAX;
  for (size_t i = 0; i < shown; i++) {
    pg_text_str_add(out, separator(i, total));
    if (mark_guesses && is_guess(named[i]))
      pg_text_str_add(out, "likely ");
    name_holder(snapshot, port, named[i], out);
  }
  if (total > shown)
    pg_text_printf(out, " and %zu more", total - shown);
}

static size_t count_owners(const struct pg_snapshot *snapshot, const struct pg_port *port,
                           bool (*wanted)(const struct pg_holder *)) {
  size_t count = 0;
  for (size_t i = 0; i < port->holder_count; i++) {
    const struct pg_holder *holder = &snapshot->holders[port->first_holder + i];
    count += !holder->repeats && wanted(holder);
  }
  return count;
}

static bool is_http(const struct pg_holder *holder) {
  return holder->kind == PG_HOLDER_HTTP_SYS;
}

static bool is_not_http(const struct pg_holder *holder) {
  return holder->kind != PG_HOLDER_HTTP_SYS;
}

void explain_holder_names(const struct pg_snapshot *snapshot, const struct pg_port *port,
                          struct pg_text *out) {
  if (count_owners(snapshot, port, is_http) > 0) {
    name_owners(snapshot, port, is_http, true, out);
    pg_text_str_add(out, " through HTTP.sys");
    if (count_owners(snapshot, port, is_not_http) > 0)
      pg_text_str_add(out, ", and ");
  }
  name_owners(snapshot, port, is_not_http, true, out);
}

/* "8016-8115 is an excluded port range" */
static void name_ranges(const struct pg_snapshot *snapshot, uint16_t number,
                        struct pg_text *out) {
  const struct pg_excluded_range *range;
  size_t count = 0;
  for (size_t at = 0; (range = explain_next_range(snapshot, number, &at)) != NULL;) {
    bool twin = explain_range_has_twin(snapshot, range);
    if (!explain_range_refuses(range) || (twin && range->family == PG_IPV6))
      continue;
    pg_text_printf(out, "%s%u-%u", count++ > 0 ? " and " : "", (unsigned)range->first,
                   (unsigned)range->last);
    if (twin || range->family == PG_IPV6)
      pg_text_str_add(out, twin ? " (IPv4 and IPv6)" : " (IPv6)");
  }
  pg_text_str_add(out,
                  count > 1 ? " are excluded port ranges" : " is an excluded port range");
}

static void name_users(const struct pg_snapshot *snapshot, uint16_t number,
                       struct pg_text *out) {
  size_t at = 0, more = 0;
  const struct pg_connection *first = explain_next_user(snapshot, number, &at);
  if (first == NULL)
    return;
  while (explain_next_user(snapshot, number, &at) != NULL)
    more++;
  pg_text_str_add(out, ", but ");
  explain_process_words(first->pid, snapshot_process(snapshot, first->pid), out);
  pg_text_str_add(out, first->state == PG_TCP_BOUND ? " has bound it without listening"
                                                    : " uses it for a connection");
  if (more > 0)
    pg_text_printf(out, " (and %zu more)", more);
}

static void sum_up_free(const struct pg_snapshot *snapshot, uint16_t number,
                        struct pg_text *out) {
  bool ipv4 = snapshot_was_read(snapshot, PG_SOURCE_TCP4);
  bool ipv6 = snapshot_was_read(snapshot, PG_SOURCE_TCP6);
  if (!ipv4 || !ipv6) {
    pg_text_printf(out, "the TCP table could %s, so the state of port %u is unknown",
                   ipv4 || ipv6 ? "be read only in part" : "not be read",
                   (unsigned)number);
    return;
  }
  pg_text_printf(out, "nothing listens on port %u", (unsigned)number);
  if (explain_is_refused(snapshot, number, PG_IPV4)) {
    pg_text_str_add(out, ", but Windows refuses a bind: ");
    name_ranges(snapshot, number, out);
  } else {
    name_users(snapshot, number, out);
  }
}

static bool is_unasked(const struct pg_holder *holder) {
  return (holder->evidence & PG_EV_HTTP_UNKNOWN) != 0;
}

static bool is_proxy(const struct pg_holder *holder) {
  return holder->kind == PG_HOLDER_PORTPROXY;
}

/* "WSL relays port 3000 to a server inside a Linux distribution (wslrelay.exe, PID 7)" */
static bool sum_up_relay(const struct pg_snapshot *snapshot, const struct pg_port *port,
                         struct pg_text *out) {
  const struct pg_holder *holder = explain_owner(snapshot, port, 0);
  if (explain_owner_count(snapshot, port) != 1 || (holder->evidence & PG_EV_RELAY) == 0)
    return false;
  const struct explain_relay *relay = explain_relay_of(holder->process);
  pg_text_printf(out, "%s relays port %u to %s (%s, PID %lu)", relay->owner,
                 (unsigned)port->port, relay->serves, holder->process->name,
                 (unsigned long)holder->pid);
  return true;
}

static bool is_plural(const struct pg_snapshot *snapshot, const struct pg_port *port,
                      size_t owners) {
  return owners > 1 ||
         (port->holder_count > 1 && count_owners(snapshot, port, is_proxy) > 0);
}

void explain_summary(const struct pg_snapshot *snapshot, uint16_t number,
                     struct pg_text *out) {
  const struct pg_port *port = snapshot_port(snapshot, number);
  if (port == NULL) {
    sum_up_free(snapshot, number, out);
    return;
  }
  if (sum_up_relay(snapshot, port, out))
    return;
  size_t http = count_owners(snapshot, port, is_http);
  size_t others = count_owners(snapshot, port, is_not_http);
  if (http > 0) {
    bool guess = only_guesses(snapshot, port);
    pg_text_printf(out, "HTTP.sys holds port %u%s for ", (unsigned)number,
                   guess ? ", likely" : "");
    name_owners(snapshot, port, is_http, !guess, out);
    if (others > 0)
      pg_text_str_add(out, "; it is also held by ");
  }
  name_owners(snapshot, port, is_not_http, true, out);
  if (http == 0)
    pg_text_printf(out,
                   is_plural(snapshot, port, others) ? " hold port %u" : " holds port %u",
                   (unsigned)number);
  if (http + others > 1)
    pg_text_printf(out, " (%zu holders%s)", http + others,
                   explain_one_is_enough(snapshot, port)
                       ? ""
                       : ": stopping one does not free the port");
  if (count_owners(snapshot, port, is_unasked) > 0)
    pg_text_str_add(out, "; for whom could not be read");
}

void explain_addresses(const struct pg_snapshot *snapshot, const struct pg_port *port,
                       struct pg_text *out) {
  char endpoint[PG_ENDPOINT_CHARS];
  size_t shown = port->listener_count < NAMED_MAX ? port->listener_count : NAMED_MAX;
  for (size_t i = 0; i < shown; i++) {
    const struct pg_listener *listener = &snapshot->listeners[port->first_listener + i];
    pg_text_printf(
        out, "%s%s", i > 0 ? ", " : "",
        pg_endpoint_format(&listener->address, port->port, endpoint, sizeof endpoint));
  }
  if (port->listener_count > shown)
    pg_text_printf(out, " and %zu more", port->listener_count - shown);
}

void explain_queue_names(const struct pg_snapshot *snapshot,
                         const struct pg_http_queue *queue, struct pg_text *out) {
  struct pg_holder holder = {0};
  explain_queue_holder(snapshot, queue, &holder);
  if (holder.confidence != PG_CONFIDENCE_CERTAIN)
    pg_text_str_add(out, "likely ");
  holder.evidence &= ~(unsigned)PG_EV_PROCESS_GONE; /* of no interest any more */
  name_holder(snapshot, NULL, &holder, out);        /* a queue is no port proxy */
}
