/* The network configuration in a running service: its lane, its events, and what a
 * part of it that hangs or fails does to the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "posix_loop_case.h"

#include "common/limits.h"
#include "common/text.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TABLE(rows)                                                        \
  "\nProtocol tcp Port Exclusion Ranges\n\nStart Port    End Port      \n" \
  "----------    --------      \n" rows "\n* - Administered port exclusions.\n\n"
#define SERVICE_SID "S-1-5-80-1-2-3"
#define STATUS(port)                                                                \
  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\",\"params\":{\"port\":" #port \
  ",\"max_age_ms\":0}}\n"

static void prepare(struct fake_machine *machine) {
  machine->has_network = true;
  machine->reserved_url = "http://+:80/shop/";
  machine->reserved_sddl = "D:(A;;GX;;;" SERVICE_SID ")";
  machine->ranges = TABLE("      8016        8115      \n");
}

static int start_network(void **state) {
  return start_with(state, 0, (const struct fake_row[1]){{0, 0}}, prepare);
}

/* What Windows' notice does. */
static void change(struct service *s, void (*what)(struct fake_machine *machine)) {
  fake_lock(&s->machine);
  what(&s->machine);
  s->machine.network_changed = true;
  fake_unlock(&s->machine);
}

static void wait_until_it_says(struct service *s, const char *request,
                               const char *words) {
  static char line[16384];
  uint64_t end = uv_hrtime() + (uint64_t)EVENT_MS * 1000000u;
  do {
    ask(s, request, line, sizeof line);
  } while (strstr(line, words) == NULL && uv_hrtime() < end);
  if (strstr(line, words) == NULL)
    fail_msg("%s is not in %s", words, line);
}

/* --- events --- */

static void list_127_0_0_2(struct fake_machine *machine) {
  machine->listen_entry = "127.0.0.2";
}

static void unlist(struct fake_machine *machine) {
  machine->listen_entry = NULL;
}

static void reserve_orders(struct fake_machine *machine) {
  machine->reserved_url = "http://+:80/orders/";
  machine->reserved_sddl = "D:(A;;GX;;;WD)";
}

static void refuse_reservations(struct fake_machine *machine) {
  machine->reserved_url = NULL;
}

static void move_ranges(struct fake_machine *machine) {
  machine->ranges = TABLE("      9000        9099     *\n"
                          "      5357        5357      \n");
}

static void what_is_configured_at_start_is_baseline(void **state) {
  struct service *s = *state;
  wait_until_it_says(s, STATUS(8080), "\"complete\":true");
  change(s, list_127_0_0_2);
  const struct fake_event *event = expect(s, PG_EVENT_LISTEN_ADDED, "127.0.0.2");
  assert_non_null(strstr(event->last, "\"added\":true"));
  assert_int_equal(fake_count(&s->machine, PG_EVENT_RESERVATION_ADDED), 0);
  assert_int_equal(fake_count(&s->machine, PG_EVENT_RANGE_ADDED), 0);
  change(s, unlist);
  expect(s, PG_EVENT_LISTEN_REMOVED, "127.0.0.2");
}

static void a_reservation_is_told_with_the_accounts_it_is_for(void **state) {
  struct service *s = *state;
  wait_until_it_says(s, STATUS(8080), "\"complete\":true");
  change(s, reserve_orders);
  size_t from = s->seen;
  const struct fake_event *gone = expect(s, PG_EVENT_RESERVATION_REMOVED, NULL);
  assert_string_equal(gone->first, "http://+:80/shop/");
  s->seen = from;
  const struct fake_event *come = expect(s, PG_EVENT_RESERVATION_ADDED, NULL);
  assert_string_equal(come->first, "http://+:80/orders/");
  assert_string_equal(come->second, "Everyone");
  assert_non_null(strstr(come->last, "\"sddl\":\"D:(A;;GX;;;WD)\""));
}

static char endless_url[48 * PG_KIB];

static void reserve_endless(struct fake_machine *machine) {
  machine->reserved_url = endless_url;
  machine->reserved_sddl = "D:(A;;GX;;;WD)";
}

/* As many as Windows takes, each written as six characters of JSON. */
static void an_endless_url_is_named_all_the_same(void **state) {
  static const char start[] = "http://+:80/", zero_width[] = "\xE2\x80\x8B";
  struct service *s = *state;
  struct pg_text text;
  pg_text_init(&text, sizeof endless_url - 1);
  pg_text_str_add(&text, start);
  while (text.len + sizeof zero_width < sizeof endless_url)
    pg_text_str_add(&text, zero_width);
  assert_true(pg_copy(endless_url, sizeof endless_url, pg_text_str(&text)));
  pg_text_free(&text);
  wait_until_it_says(s, STATUS(8080), "\"complete\":true");
  change(s, reserve_endless);
  const struct fake_event *come = expect(s, PG_EVENT_RESERVATION_ADDED, NULL);
  assert_int_equal(strncmp(come->first, "http://+:80/<200B><200B>", 24), 0);
  assert_string_equal(come->second, "Everyone");
  assert_null(strstr(come->last, "\"url\""));
  assert_non_null(strstr(come->last, "\"accounts\":[\"Everyone\"]"));
  const char *end = strstr(come->last, ",\"truncated\":true}");
  assert_non_null(end);
  assert_string_equal(end, ",\"truncated\":true}");
}

static void ranges_that_move_are_told_and_http_sys_rows_are_not(void **state) {
  struct service *s = *state;
  wait_until_it_says(s, STATUS(8080), "\"complete\":true");
  change(s, move_ranges);
  const struct fake_event *gone = expect(s, PG_EVENT_RANGE_REMOVED, "8016-8115");
  assert_string_equal(gone->second, "IPv4, dynamic");
  const struct fake_event *come = expect(s, PG_EVENT_RANGE_ADDED, "9000-9099");
  assert_string_equal(come->second, "IPv4, administered");
  assert_int_equal(fake_count(&s->machine, PG_EVENT_RANGE_ADDED), 1);
}

static void a_source_that_fails_has_not_lost_everything(void **state) {
  struct service *s = *state;
  wait_until_it_says(s, STATUS(8080), "\"complete\":true");
  change(s, refuse_reservations);
  const struct fake_event *failed =
      expect(s, PG_EVENT_SOURCE_FAILED, "http.url_reservations");
  assert_string_equal(failed->second, "access is denied");
  change(s, prepare);
  expect(s, PG_EVENT_SOURCE_RECOVERED, "http.url_reservations");
  change(s, list_127_0_0_2);
  expect(s, PG_EVENT_LISTEN_ADDED, NULL); /* what came before it has been told */
  assert_int_equal(fake_count(&s->machine, PG_EVENT_RESERVATION_REMOVED), 0);
  assert_int_equal(fake_count(&s->machine, PG_EVENT_RESERVATION_ADDED), 0);
}

static void a_url_that_joins_a_held_port_is_told_and_no_change_of_holder(void **state) {
  static const struct fake_row row = {80, 4};
  static char two_urls[2048];
  struct service *s = *state;
  set_rows(s, 1, &row);
  expect(s, PG_EVENT_PORT_TAKEN, "80");
  expect(s, PG_EVENT_URL_REGISTERED, "http://+:80/DEMO/");
  pg_copy(two_urls, sizeof two_urls, queue_of_500);
  char *count = strstr(two_urls, "URLs: 1");
  assert_non_null(count);
  count[6] = '2';
  pg_copy(two_urls + strlen(two_urls), 64, "            HTTP://+:80/ORDERS/\n");
  fake_lock(&s->machine);
  s->machine.http_text = two_urls;
  fake_unlock(&s->machine);
  wait_until_it_says(s, STATUS(80), "ORDERS");
  const struct fake_event *event =
      expect(s, PG_EVENT_URL_REGISTERED, "http://+:80/ORDERS/");
  assert_string_equal(event->second, "WebDemo (Web Demo)");
  assert_int_equal(fake_count(&s->machine, PG_EVENT_HOLDER_CHANGED), 0);
  fake_lock(&s->machine);
  s->machine.http_text = queue_of_500;
  fake_unlock(&s->machine);
  wait_until_it_says(s, STATUS(80), "\"urls\":[\"http://+:80/DEMO/\"]");
  expect(s, PG_EVENT_URL_WITHDRAWN, "http://+:80/ORDERS/");
}

/* Any local user may register URLs of localhost, on as many ports as there are. */
static void a_storm_of_urls_hides_none_of_a_guarded_port(void **state) {
  static const struct fake_row rows[] = {{80, 4}, {443, 4}};
  static char storm[128 * PG_KIB];
  const unsigned ports = PG_EVENT_KEYS + 100;
  struct service *s = *state;
  struct pg_text text;
  set_rows(s, 2, rows);
  expect(s, PG_EVENT_URL_REGISTERED, "http://+:80/DEMO/");
  const char *count = strstr(queue_of_500, "URLs: 1");
  assert_non_null(count);
  pg_text_init(&text, sizeof storm - 1);
  pg_text_add(&text, queue_of_500, (size_t)(count - queue_of_500));
  pg_text_printf(&text, "URLs: %u\n        Registered URLs:\n", ports + 2);
  for (unsigned i = 0; i < ports; i++)
    pg_text_printf(&text, "            HTTP://+:%u/\n", 2000 + i);
  pg_text_str_add(&text, "            HTTP://+:80/DEMO/\n"
                         "            HTTPS://+:443/ORDERS/\n");
  assert_false(text.failed);
  pg_copy(storm, sizeof storm, pg_text_str(&text));
  pg_text_free(&text);
  fake_lock(&s->machine);
  s->machine.http_text = storm;
  fake_unlock(&s->machine);
  wait_until_it_says(s, STATUS(443), "ORDERS");
  expect(s, PG_EVENT_URL_REGISTERED, "https://+:443/ORDERS/");
}

/* --- parts that hang --- */

static void hang(struct fake_machine *machine) {
  prepare(machine);
  machine->network_hangs = true;
}

static int start_hanging(void **state) {
  return start_with(state, 0, (const struct fake_row[1]){{0, 0}}, hang);
}

static void
a_hanging_configuration_leaves_free_incomplete_and_others_alone(void **state) {
  static const struct fake_row row = {80, 4};
  static char line[16384];
  struct service *s = *state;
  uint64_t begun = uv_hrtime();
  ask(s, STATUS(8080), line, sizeof line);
  assert_true((uv_hrtime() - begun) / 1000000u < PG_SLOW_WAIT_MS + 500);
  assert_non_null(strstr(line, "\"state\":\"free\""));
  assert_non_null(strstr(line, "\"complete\":false"));
  set_rows(s, 1, &row);
  const struct fake_event *taken = expect(s, PG_EVENT_PORT_TAKEN, "80");
  assert_string_equal(taken->second, "WebDemo (Web Demo) through HTTP.sys");
  set_free(s);
  wait_until_it_says(s, STATUS(8080), "\"complete\":true");
}

static int by_number(const void *left, const void *right) {
  uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return (a > b) - (a < b);
}

/* The promise: ping stays under 5 ms. Of many, since this is no real-time
 * system: the one in the middle, which no neighbour's load decides. */
static void ping_is_answered_at_once_while_every_slow_source_hangs(void **state) {
  static const struct fake_row row = {80, 4};
  static char line[16384];
  enum { PINGS = 101 };
  uint64_t took[PINGS];
  struct service *s = *state;
  fake_lock(&s->machine);
  s->machine.http_hangs = true;
  fake_unlock(&s->machine);
  set_rows(s, 1, &row);
  int waiting = connect_to(s);
  assert_true(send(waiting, STATUS_80, strlen(STATUS_80), 0) > 0);
  fake_lock(&s->machine);
  while (s->machine.http_runs == 0 || s->machine.network_runs == 0)
    uv_cond_wait(&s->machine.changed, &s->machine.lock);
  fake_unlock(&s->machine);
  int fd = connect_to(s);
  for (size_t i = 0; i < PINGS; i++) {
    uint64_t begun = uv_hrtime();
    assert_true(send(fd, PING, strlen(PING), 0) > 0);
    read_line(fd, line, sizeof line);
    took[i] = uv_hrtime() - begun;
    assert_non_null(strstr(line, "\"pong\":true"));
  }
  close(fd);
  qsort(took, PINGS, sizeof *took, by_number);
  assert_true(took[PINGS / 2] < 5000000u);
  set_free(s);
  read_line(waiting, line, sizeof line);
  assert_non_null(strstr(line, "\"in_use\""));
  close(waiting);
}

/* --- accounts --- */

static void name_slowly(struct fake_machine *machine) {
  prepare(machine);
  machine->account = "NT SERVICE\\Shop";
  machine->account_hangs = true;
}

static int start_with_slow_names(void **state) {
  return start_with(state, 0, (const struct fake_row[1]){{0, 0}}, name_slowly);
}

static void a_name_that_takes_long_is_a_sid_until_it_is_there(void **state) {
  struct service *s = *state;
  wait_until_it_says(s, STATUS(80), "\"accounts\":[\"" SERVICE_SID "\"]");
  set_free(s);
  wait_until_it_says(s, STATUS(80), "\"accounts\":[\"NT SERVICE\\\\Shop\"]");
  fake_lock(&s->machine);
  assert_int_equal(s->machine.account_runs, 1);
  fake_unlock(&s->machine);
}

/* --- connections --- */

static void who_uses_a_free_port_is_looked_up_when_asked(void **state) {
  struct service *s = *state;
  fake_lock(&s->machine);
  s->machine.connected_port = 8200;
  fake_unlock(&s->machine);
  wait_until_it_says(s, STATUS(8200), "\"state\":\"established\"");
  wait_until_it_says(s, STATUS(8200), "node.exe");
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, start_network, stop)
#define HANGING(test) cmocka_unit_test_setup_teardown(test, start_hanging, stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH(what_is_configured_at_start_is_baseline),
      WITH(a_reservation_is_told_with_the_accounts_it_is_for),
      WITH(an_endless_url_is_named_all_the_same),
      WITH(ranges_that_move_are_told_and_http_sys_rows_are_not),
      WITH(a_source_that_fails_has_not_lost_everything),
      WITH(a_url_that_joins_a_held_port_is_told_and_no_change_of_holder),
      WITH(a_storm_of_urls_hides_none_of_a_guarded_port),
      HANGING(a_hanging_configuration_leaves_free_incomplete_and_others_alone),
      HANGING(ping_is_answered_at_once_while_every_slow_source_hangs),
      cmocka_unit_test_setup_teardown(a_name_that_takes_long_is_a_sid_until_it_is_there,
                                      start_with_slow_names, stop),
      WITH(who_uses_a_free_port_is_looked_up_when_asked),
  };
  signal(SIGPIPE, SIG_IGN); /* as platform_start does */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
