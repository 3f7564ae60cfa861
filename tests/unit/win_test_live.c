/* This machine as a source, with a listener that the test opens and closes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <winsock2.h>
#include <windows.h>

#include "common/text.h"
#include "service/sources/source.h"

#include <string.h>

#define TRIES 50

static struct source source;
static struct http_reading no_reading;
static int64_t clock_ms = 1000;

static enum sample_outcome sample(const struct pg_snapshot *previous, bool details,
                                  struct pg_snapshot **out) {
  clock_ms += 1000;
  struct sample_order order = {.previous = previous,
                               .details = details,
                               .http = &no_reading,
                               .now = 1700000000000 + clock_ms,
                               .now_mono = clock_ms};
  return source.sample(source.context, &order, out);
}

static struct pg_snapshot *fresh_look(void) {
  struct pg_snapshot *snapshot = NULL;
  assert_int_equal(sample(NULL, true, &snapshot), SAMPLE_NEW);
  assert_non_null(snapshot);
  return snapshot;
}

static SOCKET listen_somewhere(uint16_t *port) {
  struct sockaddr_in at = {.sin_family = AF_INET};
  int length = sizeof at;
  DWORD one = 1;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  SOCKET listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  assert_true(listener != INVALID_SOCKET);
  assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(listen(listener, 1), 0);
  /* Wine 8 tells the owner only after an option was set. */
  assert_int_equal(
      setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, (const char *)&one, sizeof one), 0);
  assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &length), 0);
  *port = ntohs(at.sin_port);
  return listener;
}

static void every_source_is_read(void **state) {
  struct pg_snapshot *snapshot = fresh_look();
  (void)state;
  assert_int_equal(snapshot->sources[PG_SOURCE_TCP4].state, PG_SOURCE_READ);
  assert_int_equal(snapshot->sources[PG_SOURCE_TCP6].state, PG_SOURCE_READ);
  assert_int_equal(snapshot->sources[PG_SOURCE_PROCESSES].state, PG_SOURCE_READ);
  assert_int_equal(snapshot->sources[PG_SOURCE_SERVICES].state, PG_SOURCE_READ);
  assert_int_equal(snapshot->sources[PG_SOURCE_SERVICE_TAGS].state, PG_SOURCE_READ);
  assert_int_equal(strncmp(snapshot->os, "Windows ", 8), 0);
  snapshot_unref(snapshot);
}

static void a_listener_of_this_process_is_found_with_its_image(void **state) {
  uint16_t port = 0;
  SOCKET listener = listen_somewhere(&port);
  struct pg_snapshot *snapshot = fresh_look();
  const struct pg_port *at = snapshot_port(snapshot, port);
  (void)state;
  assert_non_null(at);
  assert_int_equal(at->listener_count, 1);
  const struct pg_listener *row = &snapshot->listeners[at->first_listener];
  assert_int_equal(row->pid, GetCurrentProcessId());
  assert_int_equal(row->address.family, PG_IPV4);
  assert_memory_equal(row->address.bytes, "\x7f\0\0\x01", 4);
  const struct pg_process *process = snapshot_process(snapshot, row->pid);
  assert_non_null(process);
  assert_non_null(strstr(process->name, "win_test_live"));
  assert_non_null(process->path);
  assert_non_null(strstr(process->path, "win_test_live"));
  assert_true(process->started_at > 1500000000000);
  snapshot_unref(snapshot);
  closesocket(listener);
}

static void services_come_with_type_state_and_start(void **state) {
  struct pg_snapshot *snapshot = fresh_look();
  const struct pg_service *http = snapshot_service(snapshot, "HTTP");
  (void)state;
  assert_non_null(http);
  assert_int_equal(http->type, PG_TYPE_KERNEL_DRIVER);
  assert_int_not_equal(http->state, PG_STATE_UNKNOWN);
  assert_int_not_equal(http->start_type, PG_START_UNKNOWN);
  const struct pg_service *log = snapshot_service(snapshot, "EventLog");
  assert_non_null(log);
  assert_non_null(log->display_name);
  assert_true(log->type == PG_TYPE_SHARE_PROCESS || log->type == PG_TYPE_OWN_PROCESS);
  snapshot_unref(snapshot);
}

/* Another program may open a listener just now: one quiet pair in many is proof. */
static void a_table_that_did_not_change_is_the_same(void **state) {
  struct pg_snapshot *last = fresh_look();
  bool quiet = false;
  (void)state;
  for (int i = 0; i < TRIES && !quiet; i++) {
    struct pg_snapshot *next = NULL;
    quiet = sample(last, false, &next) == SAMPLE_SAME;
    assert_true(quiet == (next == NULL));
    if (next) {
      snapshot_unref(last);
      last = next;
    }
  }
  assert_true(quiet);
  snapshot_unref(last);
}

static void a_listener_that_comes_and_one_that_goes_make_a_new_snapshot(void **state) {
  struct pg_snapshot *before = fresh_look(), *during = NULL, *after = NULL;
  uint16_t port = 0;
  (void)state;
  SOCKET listener = listen_somewhere(&port);
  assert_int_equal(sample(before, false, &during), SAMPLE_NEW);
  assert_null(snapshot_port(before, port));
  assert_non_null(snapshot_port(during, port));
  closesocket(listener);
  assert_int_equal(sample(during, false, &after), SAMPLE_NEW);
  assert_null(snapshot_port(after, port));
  snapshot_unref(before);
  snapshot_unref(during);
  snapshot_unref(after);
}

static void configurations_taken_over_are_those_that_were_read(void **state) {
  struct pg_snapshot *first = fresh_look(), *second = NULL;
  (void)state;
  clock_ms -= 999; /* well within the age up to which they are taken over */
  assert_int_equal(sample(first, true, &second), SAMPLE_NEW);
  size_t compared = 0;
  for (size_t i = 0; i < first->service_count; i++) {
    const struct pg_service *a = &first->services[i];
    const struct pg_service *b = snapshot_service(second, a->name);
    if (b == NULL)
      continue; /* another program of this machine removed it meanwhile */
    compared++;
    assert_int_equal(a->start_type, b->start_type);
    assert_int_equal(a->depends_on_count, b->depends_on_count);
    for (size_t k = 0; k < a->depends_on_count; k++)
      assert_string_equal(a->depends_on[k], b->depends_on[k]);
  }
  assert_true(compared > 0);
  snapshot_unref(first);
  snapshot_unref(second);
}

/* --- connections --- */

static struct pg_snapshot *look_at_connections(const struct pg_snapshot *previous) {
  struct pg_snapshot *snapshot = NULL;
  struct sample_order order = {.previous = previous,
                               .connections = true,
                               .http = &no_reading,
                               .now = 1700000000000,
                               .now_mono = ++clock_ms};
  assert_int_equal(source.sample(source.context, &order, &snapshot), SAMPLE_NEW);
  assert_int_equal(snapshot->sources[PG_SOURCE_CONNECTIONS].state, PG_SOURCE_READ);
  assert_int_equal(snapshot->connections_mono, clock_ms);
  return snapshot;
}

/* Returns the near end, whose port is |near_port|. */
static SOCKET connect_to(uint16_t port, uint16_t *near_port) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
  int length = sizeof at;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  SOCKET end = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  assert_int_equal(connect(end, (struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(getsockname(end, (struct sockaddr *)&at, &length), 0);
  *near_port = ntohs(at.sin_port);
  return end;
}

static void the_local_port_of_a_connection_is_found_and_a_listeners_is_not(void **state) {
  const struct pg_connection *row = NULL;
  uint16_t port = 0, near_port = 0;
  (void)state;
  SOCKET listener = listen_somewhere(&port);
  SOCKET end = connect_to(port, &near_port);
  struct pg_snapshot *snapshot = look_at_connections(NULL);
  assert_int_equal(snapshot_connections_of(snapshot, near_port, &row), 1);
  assert_int_equal(row->state, PG_TCP_ESTABLISHED);
  assert_memory_equal(row->address.bytes, "\x7f\0\0\x01", 4);
  assert_int_equal(snapshot_connections_of(snapshot, port, &row), 0);
  snapshot_unref(snapshot);
  closesocket(end);
  closesocket(listener);
}

static void who_did_not_ask_for_connections_gets_none(void **state) {
  struct pg_snapshot *asked = look_at_connections(NULL), *again = NULL;
  (void)state;
  struct pg_snapshot *snapshot = fresh_look();
  assert_int_equal(snapshot->sources[PG_SOURCE_CONNECTIONS].state, PG_SOURCE_ABSENT);
  assert_int_equal(snapshot->network.connection_count, 0);
  /* And who asks gets a new look although nothing has changed. */
  again = look_at_connections(snapshot);
  snapshot_unref(again);
  snapshot_unref(snapshot);
  snapshot_unref(asked);
}

/* --- the network configuration --- */

static void expect_read_or(const struct pg_snapshot *network, enum pg_source which,
                           const char *words) {
  const struct pg_source_status *status = &network->sources[which];
  if (status->state != PG_SOURCE_READ) {
    assert_int_equal(status->state, PG_SOURCE_FAILED);
    assert_non_null(strstr(status->error, words));
  }
}

/* Wine's netsh prints nothing, and its HTTP service may be stopped: then nobody asks
 * HTTP.sys. */
static void the_network_configuration_is_read_and_copied(void **state) {
  struct network_order order = {
      .now = 1700000000000, .now_mono = 4711, .deadline_ms = 20000};
  struct pg_snapshot *network = snapshot_new(), *snapshot = NULL;
  (void)state;
  network->network_mono = order.now_mono;
  assert_true(source.read_network(source.context, network, &order));
  assert_int_equal(network->sources[PG_SOURCE_PORT_PROXIES].state, PG_SOURCE_READ);
  expect_read_or(network, PG_SOURCE_EXCLUDED4, "netsh");
  expect_read_or(network, PG_SOURCE_EXCLUDED6, "netsh");
  assert_int_not_equal(network->sources[PG_SOURCE_RESERVATIONS].state, PG_SOURCE_FAILED);
  assert_int_equal(network->sources[PG_SOURCE_LISTEN_LIST].state,
                   network->sources[PG_SOURCE_RESERVATIONS].state);

  struct sample_order sample_order = {.network = network,
                                      .http = &no_reading,
                                      .now = 1700000000000,
                                      .now_mono = ++clock_ms};
  assert_int_equal(source.sample(source.context, &sample_order, &snapshot), SAMPLE_NEW);
  assert_int_equal(snapshot->network_mono, 4711);
  for (int i = 0; i < PG_SOURCE_COUNT; i++) {
    if (pg_source_is_network((enum pg_source)i))
      assert_int_equal(snapshot->sources[i].state, network->sources[i].state);
  }
  assert_false(source.network_changed(source.context));
  snapshot_unref(snapshot);
  snapshot_unref(network);
}

static void accounts_have_names_with_and_without_a_domain(void **state) {
  char name[520];
  (void)state;
  source.look_up_account(source.context, "S-1-1-0", name, sizeof name);
  assert_string_not_equal(name, "");
  assert_null(strchr(name, '\\')); /* Everyone, in the system's language */
  source.look_up_account(source.context, "S-1-5-18", name, sizeof name);
  assert_non_null(strchr(name, '\\'));
  source.look_up_account(source.context, "S-1-5-21-1-2-3-4711", name, sizeof name);
  assert_string_equal(name, "");
  source.look_up_account(source.context, "no SID", name, sizeof name);
  assert_string_equal(name, "");
}

static int open_source(void **state) {
  WSADATA data;
  struct pg_fault fault;
  (void)state;
  return WSAStartup(MAKEWORD(2, 2), &data) || live_source_open(&source, &fault) != PG_OK;
}

static int close_source(void **state) {
  (void)state;
  source.close(source.context);
  return WSACleanup();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_source_is_read),
      cmocka_unit_test(a_listener_of_this_process_is_found_with_its_image),
      cmocka_unit_test(services_come_with_type_state_and_start),
      cmocka_unit_test(a_table_that_did_not_change_is_the_same),
      cmocka_unit_test(a_listener_that_comes_and_one_that_goes_make_a_new_snapshot),
      cmocka_unit_test(configurations_taken_over_are_those_that_were_read),
      cmocka_unit_test(the_local_port_of_a_connection_is_found_and_a_listeners_is_not),
      cmocka_unit_test(who_did_not_ask_for_connections_gets_none),
      cmocka_unit_test(the_network_configuration_is_read_and_copied),
      cmocka_unit_test(accounts_have_names_with_and_without_a_domain),
  };
  return cmocka_run_group_tests(tests, open_source, close_source);
}
