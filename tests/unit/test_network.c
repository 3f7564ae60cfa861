#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/snapshot/seal_network.h"
#include "service/sources/accounts.h"
#include "service/sources/source.h"

#include <stdio.h>
#include <string.h>

static struct pg_snapshot *fresh(void) {
  struct pg_snapshot *snapshot = snapshot_new();
  assert_non_null(snapshot);
  return snapshot;
}

static struct pg_reservation *reserve(struct pg_snapshot *snapshot, const char *url,
                                      const char *sddl) {
  struct pg_reservation *row = snapshot_reservations(snapshot, 1);
  assert_non_null(row);
  row->url = url;
  row->sddl = sddl;
  return row;
}

static void listen_on(struct pg_snapshot *snapshot, const char *text) {
  struct pg_listen_entry *row = snapshot_listen_list(snapshot, 1);
  assert_non_null(row);
  row->text = text;
}

static void exclude(struct pg_snapshot *snapshot, enum pg_family family, uint16_t first,
                    uint16_t last, bool administered) {
  struct pg_excluded_range *row = snapshot_ranges(snapshot, 1);
  assert_non_null(row);
  *row = (struct pg_excluded_range){family, first, last, administered};
}

static void proxy(struct pg_snapshot *snapshot, enum pg_proxy_kind kind,
                  const char *address, uint16_t port, const char *to) {
  struct pg_port_proxy *row = snapshot_proxies(snapshot, 1);
  assert_non_null(row);
  *row = (struct pg_port_proxy){kind, address, port, to, 80};
}

static void connect_from(struct pg_snapshot *snapshot, enum pg_family family,
                         const char *address, uint16_t port, enum pg_tcp_state state,
                         uint32_t pid) {
  struct pg_connection *row = snapshot_connections(snapshot, 1);
  assert_non_null(row);
  assert_true(pg_address_parse(family, address, &row->address));
  row->port = port;
  row->state = state;
  row->pid = pid;
}

static void certify(struct pg_snapshot *snapshot, const char *endpoint,
                    const char *hash) {
  struct pg_certificate *row = snapshot_certificates(snapshot, 1);
  assert_non_null(row);
  row->endpoint = endpoint;
  row->hash = hash;
}

static void finish(struct pg_snapshot *snapshot, const struct account_names *names) {
  assert_int_equal(source_finish_network(snapshot, names), PG_OK);
}

static void seal(struct pg_snapshot *snapshot) {
  assert_int_equal(snapshot_seal(snapshot), PG_OK);
}

/* --- what follows from the text of a row --- */

static void the_port_of_a_reservation_is_the_one_in_its_url(void **state) {
  static const struct {
    const char *url;
    uint16_t port;
  } cases[] = {
      {"http://+:80/Temporary_Listen_Addresses/", 80},
      {"HTTPS://*:443/", 443},
      {"http://+:8080/x:90/", 8080},
      {"http://host.example:81/", 81},
      {"http://10.0.0.1:82/x/", 82},
      {"http://10.0.0.1:82:10.0.0.1/x/", 82},
      {"http://[::1]:83/", 83},
      {"http://[fe80::1%7]:84/x/", 84},
      {"http://[::1]:85:[::1]/x/", 85},
      {"http://+:65535/", 65535},
      {"http://+:80", 80},
      {"http://+:00080/", 80},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct pg_snapshot *snapshot = fresh();
    reserve(snapshot, cases[i].url, NULL);
    finish(snapshot, NULL);
    if (snapshot->network.reservations[0].port != cases[i].port)
      fail_msg("%s: port %u", cases[i].url, snapshot->network.reservations[0].port);
    snapshot_unref(snapshot);
  }
}

static void a_url_without_a_port_has_none(void **state) {
  static const char *const urls[] = {
      "",
      "http",
      "http:",
      "http://",
      "http://+/",
      "http://+:/",
      "http://+:x/",
      "http://+:8o/",
      "http://+:80x/",
      "http://+:80 /",
      "http://+:-80/",
      "http://+:0/",
      "http://+:65536/",
      "http://+:4294967376/",
      "http://+:99999999999999999999999/",
      "http://+/x:80/",
      "http://[::1]/",
      "http://[::1/",
      "http://[::1:80/",
      "http://[1:80/",
      "http://[::1]x:80/",
      "http://a b:c:80/",
      "//+:80/",
      "+:80",
  };
  (void)state;
  for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
    struct pg_snapshot *snapshot = fresh();
    reserve(snapshot, urls[i], NULL);
    finish(snapshot, NULL);
    if (snapshot->network.reservations[0].port != 0)
      fail_msg("%s: port %u", urls[i], snapshot->network.reservations[0].port);
    snapshot_unref(snapshot);
  }
}

static void accounts_are_named_from_the_descriptor(void **state) {
  struct pg_snapshot *snapshot = fresh();
  struct account_names *names = account_names_new();
  (void)state;
  assert_int_equal(account_names_add(names, "S-1-5-21-1", "SHOP01\\web"), PG_OK);
  assert_int_equal(account_names_add(names, "S-1-5-21-2", ""), PG_OK);
  reserve(snapshot, "http://+:80/",
          "D:(A;;GX;;;WD)(A;;GX;;;S-1-5-21-1)(A;;GX;;;S-1-5-21-2)(A;;GX;;;S-1-5-21-3)");
  finish(snapshot, names);
  account_names_free(names); /* what a snapshot has is its own */
  const struct pg_reservation *row = &snapshot->network.reservations[0];
  assert_int_equal(row->account_count, 4);
  assert_string_equal(row->accounts[0], "Everyone");
  assert_string_equal(row->accounts[1], "SHOP01\\web");
  assert_string_equal(row->accounts[2], "S-1-5-21-2");
  assert_string_equal(row->accounts[3], "S-1-5-21-3");
  snapshot_unref(snapshot);
}

static void an_account_with_several_entries_is_named_once(void **state) {
  struct pg_snapshot *snapshot = fresh();
  (void)state;
  reserve(snapshot, "http://+:80/",
          "D:(A;;GX;;;BA)(A;;GX;;;BU)(A;;GW;;;BA)(A;;GX;;;S-1-5-32-545)");
  finish(snapshot, NULL);
  const struct pg_reservation *row = &snapshot->network.reservations[0];
  assert_int_equal(row->account_count, 2);
  assert_string_equal(row->accounts[0], "Administrators");
  assert_string_equal(row->accounts[1], "Users");
  snapshot_unref(snapshot);
}

static void a_broken_descriptor_leaves_the_reservation(void **state) {
  struct pg_snapshot *snapshot = fresh();
  (void)state;
  reserve(snapshot, "http://+:80/a/", "D:(A;;GX;;;WD)(A;;GX;;;S-1-5-");
  reserve(snapshot, "http://+:80/b/", "Everyone");
  reserve(snapshot, "http://+:80/c/", NULL);
  finish(snapshot, NULL);
  assert_int_equal(snapshot->network.reservation_count, 3);
  assert_int_equal(snapshot->network.reservations[0].account_count, 1);
  assert_int_equal(snapshot->network.reservations[1].account_count, 0);
  assert_int_equal(snapshot->network.reservations[2].account_count, 0);
  assert_true(snapshot->network.reservations[0].sddl_broken);
  assert_true(snapshot->network.reservations[1].sddl_broken);
  assert_false(snapshot->network.reservations[2].sddl_broken);
  for (size_t i = 0; i < 3; i++)
    assert_int_equal(snapshot->network.reservations[i].port, 80);
  snapshot_unref(snapshot);
}

static void accounts_that_a_source_knows_are_kept(void **state) {
  static const char *const known[] = {"SHOP01\\web"};
  struct pg_snapshot *snapshot = fresh();
  struct pg_reservation *row = reserve(snapshot, "http://+:80/", "D:(A;;GX;;;WD)");
  (void)state;
  row->accounts = known;
  row->account_count = 1;
  finish(snapshot, NULL);
  assert_string_equal(snapshot->network.reservations[0].accounts[0], "SHOP01\\web");
  assert_false(snapshot->network.reservations[0].sddl_broken);
  snapshot_unref(snapshot);
}

static void a_listen_entry_may_be_no_address(void **state) {
  struct pg_snapshot *snapshot = fresh();
  char text[PG_ENDPOINT_CHARS];
  (void)state;
  listen_on(snapshot, "127.0.0.2");
  listen_on(snapshot, "fe80::1%7");
  listen_on(snapshot, "localhost");
  listen_on(snapshot, "");
  finish(snapshot, NULL);
  const struct pg_listen_entry *rows = snapshot->network.listen_list;
  assert_true(rows[0].is_address);
  assert_int_equal(rows[0].address.family, PG_IPV4);
  assert_true(rows[1].is_address);
  assert_string_equal(pg_address_format(&rows[1].address, text, sizeof text),
                      "fe80::1%7");
  assert_false(rows[2].is_address);
  assert_false(rows[3].is_address);
  snapshot_unref(snapshot);
}

/* --- sorting --- */

static void tables_are_sorted_by_every_column(void **state) {
  struct pg_snapshot *snapshot = fresh();
  const struct pg_network *network = &snapshot->network;
  (void)state;
  reserve(snapshot, "http://+:80/b/", "D:");
  reserve(snapshot, "HTTP://+:80/A/", "D:");
  reserve(snapshot, "http://+:80/a/", "D:b");
  reserve(snapshot, "http://+:80/a/", NULL);
  listen_on(snapshot, "10.0.0.2");
  listen_on(snapshot, "10.0.0.1");
  certify(snapshot, "[::]:443", "ab");
  certify(snapshot, "0.0.0.0:443", "cd");
  certify(snapshot, "0.0.0.0:443", NULL);
  exclude(snapshot, PG_IPV6, 80, 80, false);
  exclude(snapshot, PG_IPV4, 8016, 8115, true);
  exclude(snapshot, PG_IPV4, 8016, 8115, false);
  exclude(snapshot, PG_IPV4, 80, 80, false);
  proxy(snapshot, PG_PROXY_V6TOV4, "::", 80, "a");
  proxy(snapshot, PG_PROXY_V4TOV4, "0.0.0.0", 81, "a");
  proxy(snapshot, PG_PROXY_V4TOV4, "0.0.0.0", 80, "b");
  proxy(snapshot, PG_PROXY_V4TOV4, "0.0.0.0", 80, "a");
  seal(snapshot);
  assert_string_equal(network->reservations[0].url, "HTTP://+:80/A/");
  assert_null(network->reservations[1].sddl);
  assert_string_equal(network->reservations[2].sddl, "D:b");
  assert_string_equal(network->reservations[3].url, "http://+:80/b/");
  assert_string_equal(network->listen_list[0].text, "10.0.0.1");
  assert_null(network->certificates[0].hash);
  assert_string_equal(network->certificates[1].hash, "cd");
  assert_string_equal(network->certificates[2].endpoint, "[::]:443");
  assert_int_equal(network->ranges[0].first, 80);
  assert_false(network->ranges[1].administered);
  assert_true(network->ranges[2].administered);
  assert_int_equal(network->ranges[3].family, PG_IPV6);
  assert_string_equal(network->proxies[0].connect_address, "a");
  assert_string_equal(network->proxies[1].connect_address, "b");
  assert_int_equal(network->proxies[2].listen_port, 81);
  assert_int_equal(network->proxies[3].kind, PG_PROXY_V6TOV4);
  snapshot_unref(snapshot);
}

/* --- look-ups --- */

static void connections_of_a_port_are_found_together(void **state) {
  struct pg_snapshot *snapshot = fresh();
  const struct pg_connection *first = NULL;
  (void)state;
  connect_from(snapshot, PG_IPV6, "::1", 8082, PG_TCP_ESTABLISHED, 7);
  connect_from(snapshot, PG_IPV4, "10.0.0.1", 8083, PG_TCP_BOUND, 8);
  connect_from(snapshot, PG_IPV4, "10.0.0.1", 8082, PG_TCP_TIME_WAIT, 0);
  connect_from(snapshot, PG_IPV4, "10.0.0.1", 8082, PG_TCP_ESTABLISHED, 9);
  seal(snapshot);
  assert_int_equal(snapshot_connections_of(snapshot, 8082, &first), 3);
  assert_int_equal(first[0].pid, 9);
  assert_int_equal(first[1].state, PG_TCP_TIME_WAIT);
  assert_int_equal(first[2].address.family, PG_IPV6);
  assert_int_equal(snapshot_connections_of(snapshot, 8083, &first), 1);
  assert_int_equal(first[0].pid, 8);
  assert_int_equal(snapshot_connections_of(snapshot, 80, &first), 0);
  assert_null(first);
  assert_int_equal(snapshot_connections_of(snapshot, 65535, &first), 0);
  snapshot_unref(snapshot);
}

static void reservations_of_a_port_come_one_by_one(void **state) {
  struct pg_snapshot *snapshot = fresh();
  size_t at = 0;
  (void)state;
  reserve(snapshot, "http://+:80/b/", NULL);
  reserve(snapshot, "http://+:8080/", NULL);
  reserve(snapshot, "http://+:80/a/", NULL);
  reserve(snapshot, "http://+/", NULL);
  finish(snapshot, NULL);
  seal(snapshot);
  assert_string_equal(snapshot_next_reservation(snapshot, 80, &at)->url,
                      "http://+:80/a/");
  assert_string_equal(snapshot_next_reservation(snapshot, 80, &at)->url,
                      "http://+:80/b/");
  assert_null(snapshot_next_reservation(snapshot, 80, &at));
  assert_null(snapshot_next_reservation(snapshot, 80, &at));
  snapshot_unref(snapshot);
}

/* --- registrations --- */

static void a_url_that_two_queues_claim_is_the_first_ones(void **state) {
  static const struct pg_url shop[] = {{"http://*:80/", 80}, {"http://*:81/", 81}};
  static const struct pg_url other[] = {
      {"http://*:80/", 80}, {"HTTP://*:81/", 81}, {"http://*:80/x/", 80}};
  struct pg_snapshot *snapshot = fresh();
  struct pg_http_queue queues[] = {{.urls = shop, .url_count = 2},
                                   {.urls = NULL, .url_count = 0},
                                   {.urls = other, .url_count = 3}};
  (void)state;
  snapshot->queues = queues;
  snapshot->queue_count = 3;
  seal(snapshot);
  const struct pg_registration *rows = snapshot->registrations;
  assert_int_equal(snapshot->registration_count, 3);
  assert_string_equal(rows[0].url, "http://*:80/");
  assert_int_equal(rows[0].queue, 0);
  assert_string_equal(rows[1].url, "http://*:80/x/");
  assert_int_equal(rows[1].queue, 2);
  assert_int_equal(rows[2].port, 81);
  snapshot_unref(snapshot);
}

static void no_queues_are_no_registrations(void **state) {
  struct pg_snapshot *snapshot = fresh();
  (void)state;
  seal(snapshot);
  assert_int_equal(snapshot->registration_count, 0);
  snapshot_unref(snapshot);
}

/* --- copies --- */

static struct pg_snapshot *configured(void) {
  struct pg_snapshot *snapshot = fresh();
  static const char *const accounts[] = {"SHOP01\\web", "Everyone"};
  struct pg_reservation *row = reserve(snapshot, "http://+:80/a/", "D:(A;;GX;;;WD)");
  row->accounts = accounts;
  row->account_count = 2;
  reserve(snapshot, "http://+:81/", NULL);
  listen_on(snapshot, "127.0.0.2");
  certify(snapshot, "0.0.0.0:443", "ab");
  exclude(snapshot, PG_IPV4, 8016, 8115, true);
  exclude(snapshot, PG_IPV6, 80, 80, false);
  proxy(snapshot, PG_PROXY_V4TOV6, "*", 80, "host.example");
  connect_from(snapshot, PG_IPV4, "10.0.0.1", 8082, PG_TCP_ESTABLISHED, 9);
  finish(snapshot, NULL);
  snapshot->network.range_text[PG_IPV4] = "the text";
  snapshot->network_mono = 77;
  for (int i = 0; i < PG_SOURCE_COUNT; i++)
    snapshot_source_read(snapshot, (enum pg_source)i, 55);
  snapshot_source_failed(snapshot, PG_SOURCE_EXCLUDED6, 56, "it was refused");
  return snapshot;
}

static void assert_same_rows(const struct pg_network *a, const struct pg_network *b) {
  assert_int_equal(a->reservation_count, b->reservation_count);
  for (size_t i = 0; i < a->reservation_count; i++) {
    assert_int_equal(pg_reservation_compare(&a->reservations[i], &b->reservations[i]), 0);
    assert_int_equal(a->reservations[i].port, b->reservations[i].port);
    assert_int_equal(a->reservations[i].account_count, b->reservations[i].account_count);
    for (size_t k = 0; k < a->reservations[i].account_count; k++)
      assert_string_equal(a->reservations[i].accounts[k], b->reservations[i].accounts[k]);
  }
  assert_int_equal(a->listen_count, b->listen_count);
  assert_int_equal(pg_listen_entry_compare(a->listen_list, b->listen_list), 0);
  assert_true(a->listen_list->is_address && b->listen_list->is_address);
  assert_int_equal(pg_address_compare(&a->listen_list->address, &b->listen_list->address),
                   0);
  assert_int_equal(a->certificate_count, b->certificate_count);
  assert_int_equal(pg_certificate_compare(a->certificates, b->certificates), 0);
  assert_int_equal(a->range_count, b->range_count);
  for (size_t i = 0; i < a->range_count; i++)
    assert_int_equal(pg_excluded_range_compare(&a->ranges[i], &b->ranges[i]), 0);
  assert_int_equal(a->proxy_count, b->proxy_count);
  assert_int_equal(pg_port_proxy_compare(a->proxies, b->proxies), 0);
}

static void a_copy_is_equal_and_its_own(void **state) {
  struct pg_snapshot *from = configured(), *copy = fresh(), *again = configured();
  (void)state;
  assert_int_equal(snapshot_copy_network(copy, from), PG_OK);
  snapshot_unref(from); /* what was copied does not need it any more */
  seal(again);
  seal(copy);
  assert_same_rows(&copy->network, &again->network);
  assert_string_equal(copy->network.range_text[PG_IPV4], "the text");
  assert_null(copy->network.range_text[PG_IPV6]);
  assert_int_equal(copy->network_mono, 77);
  snapshot_unref(again);
  snapshot_unref(copy);
}

static void a_copy_takes_the_statuses_of_the_configuration_only(void **state) {
  struct pg_snapshot *from = configured(), *copy = fresh();
  (void)state;
  assert_int_equal(snapshot_copy_network(copy, from), PG_OK);
  snapshot_unref(from);
  for (int i = 0; i < PG_SOURCE_COUNT; i++) {
    enum pg_source source = (enum pg_source)i;
    if (source == PG_SOURCE_EXCLUDED6)
      continue;
    assert_int_equal(copy->sources[i].state,
                     pg_source_is_network(source) ? PG_SOURCE_READ : PG_SOURCE_ABSENT);
    assert_int_equal(copy->sources[i].read_at, pg_source_is_network(source) ? 55 : 0);
  }
  assert_int_equal(copy->sources[PG_SOURCE_EXCLUDED6].state, PG_SOURCE_FAILED);
  assert_string_equal(copy->sources[PG_SOURCE_EXCLUDED6].error, "it was refused");
  snapshot_unref(copy);
}

static void connections_are_of_one_moment_and_not_copied(void **state) {
  struct pg_snapshot *from = configured(), *copy = fresh();
  (void)state;
  assert_int_equal(snapshot_copy_network(copy, from), PG_OK);
  assert_int_equal(copy->network.connection_count, 0);
  assert_int_equal(copy->connections_mono, 0);
  snapshot_unref(from);
  snapshot_unref(copy);
}

static void nothing_is_copied_from_nothing(void **state) {
  struct pg_snapshot *from = fresh(), *copy = fresh();
  (void)state;
  assert_int_equal(snapshot_copy_network(copy, from), PG_OK);
  seal(copy);
  assert_int_equal(copy->network.reservation_count, 0);
  assert_int_equal(copy->network.range_count, 0);
  assert_int_equal(copy->sources[PG_SOURCE_RESERVATIONS].state, PG_SOURCE_ABSENT);
  snapshot_unref(from);
  snapshot_unref(copy);
}

/* --- words --- */

static void every_word_is_read_back(void **state) {
  (void)state;
#define X(name, text)                                             \
  assert_string_equal(pg_proxy_kind_name(PG_PROXY_##name), text); \
  assert_int_equal(pg_proxy_kind_from_name(text), PG_PROXY_##name);
  PG_PROXY_KIND_LIST(X)
#undef X
#define X(name, text, number)                                  \
  assert_string_equal(pg_tcp_state_name(PG_TCP_##name), text); \
  assert_int_equal(pg_tcp_state_from_name(text), PG_TCP_##name);
  PG_TCP_STATE_LIST(X)
#undef X
  assert_null(pg_proxy_kind_name(PG_PROXY_UNKNOWN));
  assert_null(pg_tcp_state_name(PG_TCP_UNKNOWN));
  assert_int_equal(pg_proxy_kind_from_name("v4tov5"), PG_PROXY_UNKNOWN);
  assert_int_equal(pg_tcp_state_from_name("listen"), PG_TCP_UNKNOWN);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_port_of_a_reservation_is_the_one_in_its_url),
      cmocka_unit_test(a_url_without_a_port_has_none),
      cmocka_unit_test(accounts_are_named_from_the_descriptor),
      cmocka_unit_test(an_account_with_several_entries_is_named_once),
      cmocka_unit_test(a_broken_descriptor_leaves_the_reservation),
      cmocka_unit_test(accounts_that_a_source_knows_are_kept),
      cmocka_unit_test(a_listen_entry_may_be_no_address),
      cmocka_unit_test(tables_are_sorted_by_every_column),
      cmocka_unit_test(connections_of_a_port_are_found_together),
      cmocka_unit_test(reservations_of_a_port_come_one_by_one),
      cmocka_unit_test(a_url_that_two_queues_claim_is_the_first_ones),
      cmocka_unit_test(no_queues_are_no_registrations),
      cmocka_unit_test(a_copy_is_equal_and_its_own),
      cmocka_unit_test(a_copy_takes_the_statuses_of_the_configuration_only),
      cmocka_unit_test(connections_are_of_one_moment_and_not_copied),
      cmocka_unit_test(nothing_is_copied_from_nothing),
      cmocka_unit_test(every_word_is_read_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
