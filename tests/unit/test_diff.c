#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/snapshot/diff.h"

#include "common/text.h"

#include <string.h>

/* One port of a hand-made snapshot. */
struct spec {
  uint16_t port;
  enum pg_family family;
  const char *reported;
  bool pending;
};

static struct pg_snapshot *make(const struct spec *specs, size_t count) {
  struct pg_snapshot *snapshot = snapshot_new();
  assert_non_null(snapshot);
  struct pg_listener *rows = snapshot_listeners(snapshot, count);
  assert_non_null(rows);
  for (size_t i = 0; i < count; i++) {
    rows[i].port = specs[i].port;
    rows[i].address.family = specs[i].family;
    rows[i].pid = 4;
  }
  snapshot_source_read(snapshot, PG_SOURCE_TCP4, 1);
  snapshot_source_read(snapshot, PG_SOURCE_TCP6, 1);
  assert_int_equal(snapshot_seal(snapshot), PG_OK);
  for (size_t i = 0; i < count; i++) {
    struct pg_port *port = (struct pg_port *)snapshot_port(snapshot, specs[i].port);
    port->reported = pg_arena_str(snapshot->arena, specs[i].reported);
    port->pending = specs[i].pending;
  }
  return snapshot;
}

#define MAKE(...)                          \
  make((const struct spec[]){__VA_ARGS__}, \
       sizeof((const struct spec[]){__VA_ARGS__}) / sizeof(struct spec))

/* "port_taken 80 -+" : + and - say whether before and after were given. */
static void write_change(void *context, const struct pg_change *change) {
  struct pg_text *text = context;
  const struct pg_port *any = change->before != NULL ? change->before : change->after;
  assert_non_null(any);
  assert_int_equal(any->port, change->port);
  pg_text_printf(text, "%s %u %c%c\n", pg_change_name(change->kind),
                 (unsigned)change->port, change->before != NULL ? '+' : '-',
                 change->after != NULL ? '+' : '-');
}

/* Takes over both snapshots. */
static void expect(struct pg_snapshot *before, struct pg_snapshot *after,
                   const char *changes) {
  struct pg_text text;
  pg_text_init(&text, 4096);
  diff_snapshots(before, after, write_change, &text);
  assert_string_equal(pg_text_str(&text), changes);
  pg_text_free(&text);
  snapshot_unref(before);
  snapshot_unref(after);
}

static void equal_snapshots_have_no_changes(void **state) {
  (void)state;
  expect(make(NULL, 0), make(NULL, 0), "");
  expect(MAKE({80, PG_IPV4, "service:W3SVC", false}),
         MAKE({80, PG_IPV4, "service:W3SVC", false}), "");
}

static void a_new_port_is_taken(void **state) {
  (void)state;
  expect(make(NULL, 0), MAKE({80, PG_IPV4, "service:W3SVC", false}),
         "port_taken 80 -+\n");
}

static void a_gone_port_is_released(void **state) {
  (void)state;
  expect(MAKE({80, PG_IPV4, "service:W3SVC", false}), make(NULL, 0),
         "port_released 80 +-\n");
}

static void another_identity_is_a_changed_holder(void **state) {
  (void)state;
  expect(MAKE({80, PG_IPV4, "service:W3SVC", false}),
         MAKE({80, PG_IPV4, "service:PeerDistSvc\nservice:W3SVC", false}),
         "holder_changed 80 ++\n");
}

static void a_pending_port_is_not_reported(void **state) {
  (void)state;
  expect(make(NULL, 0), MAKE({80, PG_IPV4, NULL, true}), "");
  expect(MAKE({80, PG_IPV4, NULL, true}), MAKE({80, PG_IPV4, NULL, true}), "");
}

static void a_pending_port_is_taken_once_it_is_attributed(void **state) {
  (void)state;
  expect(MAKE({80, PG_IPV4, NULL, true}), MAKE({80, PG_IPV4, "service:W3SVC", false}),
         "port_taken 80 -+\n");
}

static void a_port_that_vanished_while_pending_is_taken_and_released(void **state) {
  (void)state;
  expect(MAKE({80, PG_IPV4, NULL, true}), make(NULL, 0),
         "port_taken 80 -+\nport_released 80 +-\n");
}

static void a_pending_port_with_a_carried_identity_is_quiet(void **state) {
  (void)state;
  expect(MAKE({80, PG_IPV4, "service:W3SVC", false}),
         MAKE({80, PG_IPV4, "service:W3SVC", true}), "");
  expect(MAKE({80, PG_IPV4, "service:W3SVC", true}), make(NULL, 0),
         "port_released 80 +-\n");
  expect(MAKE({80, PG_IPV4, "service:W3SVC", true}),
         MAKE({80, PG_IPV4, "service:WinRM", false}), "holder_changed 80 ++\n");
}

static void a_port_without_identity_that_waits_for_nothing_is_reported(void **state) {
  (void)state;
  expect(make(NULL, 0), MAKE({80, PG_IPV4, NULL, false}), "port_taken 80 -+\n");
  expect(MAKE({80, PG_IPV4, NULL, false}), MAKE({80, PG_IPV4, NULL, false}), "");
  expect(MAKE({80, PG_IPV4, NULL, false}), make(NULL, 0), "port_released 80 +-\n");
}

static void changes_come_in_port_order(void **state) {
  (void)state;
  expect(MAKE({80, PG_IPV4, "a", false}, {443, PG_IPV4, "a", false},
              {8080, PG_IPV4, NULL, true}, {9000, PG_IPV4, "a", false}),
         MAKE({81, PG_IPV4, "a", false}, {443, PG_IPV4, "b", false},
              {9000, PG_IPV4, "a", false}, {65535, PG_IPV6, "a", false}),
         "port_released 80 +-\nport_taken 81 -+\nholder_changed 443 ++\n"
         "port_taken 8080 -+\nport_released 8080 +-\nport_taken 65535 -+\n");
}

static struct pg_snapshot *failed(struct pg_snapshot *snapshot, enum pg_source source) {
  snapshot_source_failed(snapshot, source, 1, "access denied");
  return snapshot;
}

static void a_table_that_failed_releases_nothing(void **state) {
  (void)state;
  expect(MAKE({80, PG_IPV4, "a", false}, {81, PG_IPV6, "a", false}),
         failed(make(NULL, 0), PG_SOURCE_TCP4), "port_released 81 +-\n");
  expect(MAKE({80, PG_IPV4, "a", false}, {81, PG_IPV6, "a", false}),
         failed(make(NULL, 0), PG_SOURCE_TCP6), "port_released 80 +-\n");
}

static void a_table_that_recovered_takes_nothing(void **state) {
  (void)state;
  expect(failed(make(NULL, 0), PG_SOURCE_TCP6),
         MAKE({80, PG_IPV4, "a", false}, {81, PG_IPV6, "a", false}),
         "port_taken 80 -+\n");
}

/* [::]:80 out of sight takes its holder with it. */
static void a_holder_out_of_sight_is_not_a_changed_holder(void **state) {
  struct pg_snapshot *both =
      MAKE({80, PG_IPV4, "service:A\nservice:B", false}, {80, PG_IPV6, NULL, false});
  (void)state;
  ((struct pg_port *)snapshot_port(both, 80))->reported = "service:A\nservice:B";
  snapshot_ref(both);
  expect(both, failed(MAKE({80, PG_IPV4, "service:A", false}), PG_SOURCE_TCP6), "");
  expect(failed(MAKE({80, PG_IPV4, "service:A", false}), PG_SOURCE_TCP6), both, "");
}

static struct pg_snapshot *both_families(void) {
  struct pg_snapshot *both =
      MAKE({80, PG_IPV4, "service:A", false}, {80, PG_IPV6, NULL, false});
  ((struct pg_port *)snapshot_port(both, 80))->reported = "service:A";
  return both;
}

static void the_same_holder_on_other_addresses_is_a_change_of_addresses(void **state) {
  (void)state;
  expect(MAKE({80, PG_IPV4, "service:A", false}), both_families(),
         "addresses_changed 80 ++\n");
  expect(both_families(), MAKE({80, PG_IPV6, "service:A", false}),
         "addresses_changed 80 ++\n");
  expect(MAKE({80, PG_IPV4, "service:A", false}), MAKE({80, PG_IPV6, "service:A", false}),
         "addresses_changed 80 ++\n");
  expect(both_families(), both_families(), "");
  expect(both_families(), failed(MAKE({80, PG_IPV4, "service:A", false}), PG_SOURCE_TCP6),
         "");
}

static void changes_have_the_names_of_the_protocol(void **state) {
  (void)state;
  assert_string_equal(pg_change_name(PG_CHANGE_TAKEN), "port_taken");
  assert_string_equal(pg_change_name(PG_CHANGE_RELEASED), "port_released");
  assert_string_equal(pg_change_name(PG_CHANGE_HOLDER), "holder_changed");
  assert_string_equal(pg_change_name(PG_CHANGE_ADDRESSES), "addresses_changed");
  assert_null(pg_change_name((enum pg_change_kind)17));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_snapshots_have_no_changes),
      cmocka_unit_test(a_new_port_is_taken),
      cmocka_unit_test(a_gone_port_is_released),
      cmocka_unit_test(another_identity_is_a_changed_holder),
      cmocka_unit_test(a_pending_port_is_not_reported),
      cmocka_unit_test(a_pending_port_is_taken_once_it_is_attributed),
      cmocka_unit_test(a_port_that_vanished_while_pending_is_taken_and_released),
      cmocka_unit_test(a_pending_port_with_a_carried_identity_is_quiet),
      cmocka_unit_test(a_port_without_identity_that_waits_for_nothing_is_reported),
      cmocka_unit_test(changes_come_in_port_order),
      cmocka_unit_test(a_table_that_failed_releases_nothing),
      cmocka_unit_test(a_table_that_recovered_takes_nothing),
      cmocka_unit_test(a_holder_out_of_sight_is_not_a_changed_holder),
      cmocka_unit_test(the_same_holder_on_other_addresses_is_a_change_of_addresses),
      cmocka_unit_test(changes_have_the_names_of_the_protocol),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
