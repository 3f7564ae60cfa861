#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/snapshot/snapshot.h"

#include <stdio.h>
#include <string.h>

static struct pg_snapshot *fresh(void) {
  struct pg_snapshot *snapshot = snapshot_new();
  assert_non_null(snapshot);
  return snapshot;
}

static void add_listener(struct pg_snapshot *snapshot, enum pg_family family,
                         const char *address, uint16_t port, uint32_t pid, uint32_t tag) {
  struct pg_listener *row = snapshot_listeners(snapshot, 1);
  assert_non_null(row);
  assert_true(pg_address_parse(family, address, &row->address));
  row->port = port;
  row->pid = pid;
  row->tag = tag;
}

static void add_process(struct pg_snapshot *snapshot, uint32_t pid, const char *name) {
  struct pg_process *row = snapshot_processes(snapshot, 1);
  assert_non_null(row);
  row->pid = pid;
  row->name = pg_arena_str(snapshot->arena, name);
}

static struct pg_service *add_service(struct pg_snapshot *snapshot, const char *name,
                                      uint32_t pid) {
  struct pg_service *row = snapshot_services(snapshot, 1);
  assert_non_null(row);
  row->name = pg_arena_str(snapshot->arena, name);
  row->pid = pid;
  return row;
}

static void add_tag(struct pg_snapshot *snapshot, uint32_t pid, uint32_t tag,
                    const char *service) {
  struct pg_service_tag *row = snapshot_tags(snapshot, 1);
  assert_non_null(row);
  row->pid = pid;
  row->tag = tag;
  row->service = pg_arena_str(snapshot->arena, service);
}

static void seal(struct pg_snapshot *snapshot) {
  assert_int_equal(snapshot_seal(snapshot), PG_OK);
}

static void an_empty_snapshot_answers_nothing(void **state) {
  struct pg_snapshot *snapshot = fresh();
  const struct pg_service *const *services;
  const struct pg_url_ref *refs;
  (void)state;
  seal(snapshot);
  assert_int_equal(snapshot->port_count, 0);
  assert_null(snapshot_port(snapshot, 80));
  assert_null(snapshot_process(snapshot, 4));
  assert_null(snapshot_service(snapshot, "W3SVC"));
  assert_int_equal(snapshot_services_of(snapshot, 4, &services), 0);
  assert_null(services);
  assert_null(snapshot_tag_service(snapshot, 4, 1));
  assert_int_equal(snapshot_urls_of(snapshot, 80, &refs), 0);
  assert_null(refs);
  for (int i = 0; i < PG_SOURCE_COUNT; i++) {
    assert_int_equal(snapshot->sources[i].state, PG_SOURCE_ABSENT);
  }
  snapshot_unref(snapshot);
}

static void room_for_no_rows_is_not_a_failure(void **state) {
  struct pg_snapshot *snapshot = fresh();
  (void)state;
  assert_non_null(snapshot_listeners(snapshot, 0));
  assert_non_null(snapshot_processes(snapshot, 0));
  assert_non_null(snapshot_services(snapshot, 0));
  assert_non_null(snapshot_tags(snapshot, 0));
  assert_int_equal(snapshot->listener_count, 0);
  snapshot_unref(snapshot);
}

static void room_beyond_the_ceiling_is_refused(void **state) {
  struct pg_snapshot *snapshot = fresh();
  (void)state;
  add_process(snapshot, 4, "System");
  assert_null(snapshot_processes(snapshot, SIZE_MAX));
  assert_null(snapshot_processes(snapshot, SIZE_MAX / sizeof(struct pg_process)));
  assert_null(snapshot_listeners(snapshot, (size_t)1 << 28));
  assert_int_equal(snapshot->process_count, 1);
  assert_string_equal(snapshot->processes[0].name, "System");
  snapshot_unref(snapshot);
}

static void listeners_are_sorted_by_port_family_address_and_pid(void **state) {
  static const struct {
    enum pg_family family;
    const char *address;
    uint16_t port;
    uint32_t pid;
  } sorted[] = {
      {PG_IPV4, "0.0.0.0", 80, 4},   {PG_IPV4, "127.0.0.1", 80, 4},
      {PG_IPV4, "127.0.0.1", 80, 9}, {PG_IPV6, "::", 80, 4},
      {PG_IPV4, "0.0.0.0", 443, 4},  {PG_IPV6, "::1", 443, 4},
      {PG_IPV6, "::", 65535, 4},
  };
  enum { COUNT = sizeof sorted / sizeof sorted[0] };
  (void)state;
  /* Every rotation, so that each row comes first once. */
  for (size_t shift = 0; shift < COUNT; shift++) {
    struct pg_snapshot *snapshot = fresh();
    for (size_t i = 0; i < COUNT; i++) {
      size_t at = (COUNT - 1 - i + shift) % COUNT;
      add_listener(snapshot, sorted[at].family, sorted[at].address, sorted[at].port,
                   sorted[at].pid, 0);
    }
    seal(snapshot);
    for (size_t i = 0; i < COUNT; i++) {
      char text[PG_ENDPOINT_CHARS];
      const struct pg_listener *row = &snapshot->listeners[i];
      assert_string_equal(pg_address_format(&row->address, text, sizeof text),
                          sorted[i].address);
      assert_int_equal(row->port, sorted[i].port);
      assert_int_equal(row->pid, sorted[i].pid);
    }
    snapshot_unref(snapshot);
  }
}

static void a_port_covers_exactly_its_listeners(void **state) {
  struct pg_snapshot *snapshot = fresh();
  (void)state;
  add_listener(snapshot, PG_IPV6, "::", 80, 4, 0);
  add_listener(snapshot, PG_IPV4, "0.0.0.0", 8080, 77, 0);
  add_listener(snapshot, PG_IPV4, "0.0.0.0", 80, 4, 0);
  add_process(snapshot, 77, "nginx.exe");
  seal(snapshot);
  assert_int_equal(snapshot->port_count, 2);

  const struct pg_port *port = snapshot_port(snapshot, 80);
  assert_non_null(port);
  assert_int_equal(port->first_listener, 0);
  assert_int_equal(port->listener_count, 2);
  assert_true(port->kernel_owned);
  assert_null(port->reported);

  port = snapshot_port(snapshot, 8080);
  assert_non_null(port);
  assert_int_equal(port->first_listener, 2);
  assert_int_equal(port->listener_count, 1);
  assert_false(port->kernel_owned);
  assert_null(snapshot_port(snapshot, 79));
  assert_null(snapshot_port(snapshot, 81));
  assert_null(snapshot_port(snapshot, 65535));
  snapshot_unref(snapshot);
}

static void one_kernel_listener_of_several_makes_the_port_kernel_owned(void **state) {
  struct pg_snapshot *snapshot = fresh();
  (void)state;
  add_listener(snapshot, PG_IPV4, "127.0.0.1", 80, 500, 0);
  add_listener(snapshot, PG_IPV6, "::", 80, 4, 0);
  seal(snapshot);
  assert_true(snapshot_port(snapshot, 80)->kernel_owned);
  snapshot_unref(snapshot);
}

static void kernel_owned_is_pid_0_pid_4_and_winedevice(void **state) {
  struct pg_snapshot *snapshot = fresh();
  (void)state;
  add_process(snapshot, 300, "WineDevice.exe");
  add_process(snapshot, 301, "winedevice.exe.exe");
  add_process(snapshot, 8, "System");
  seal(snapshot);
  assert_true(snapshot_kernel_owned(snapshot, 0));
  assert_true(snapshot_kernel_owned(snapshot, 4));
  assert_true(snapshot_kernel_owned(snapshot, 300));
  assert_false(snapshot_kernel_owned(snapshot, 301));
  assert_false(snapshot_kernel_owned(snapshot, 8));
  assert_false(snapshot_kernel_owned(snapshot, 999));
  snapshot_unref(snapshot);
}

static void every_process_is_found_by_its_pid(void **state) {
  struct pg_snapshot *snapshot = fresh();
  char name[16];
  (void)state;
  for (uint32_t i = 0; i < 100; i++) {
    uint32_t pid = (i * 37) % 100 * 4;
    snprintf(name, sizeof name, "p%u", (unsigned)pid);
    add_process(snapshot, pid, name);
  }
  seal(snapshot);
  for (uint32_t pid = 0; pid < 400; pid++) {
    const struct pg_process *process = snapshot_process(snapshot, pid);
    snprintf(name, sizeof name, "p%u", (unsigned)pid);
    if (pid % 4 == 0) {
      assert_non_null(process);
      assert_string_equal(process->name, name);
    } else {
      assert_null(process);
    }
  }
  assert_null(snapshot_process(snapshot, UINT32_MAX));
  snapshot_unref(snapshot);
}

static void services_are_found_without_regard_to_case(void **state) {
  struct pg_snapshot *snapshot = fresh();
  (void)state;
  add_service(snapshot, "WinRM", 900);
  add_service(snapshot, "W3SVC", 3408);
  add_service(snapshot, "http", 0);
  seal(snapshot);
  assert_string_equal(snapshot_service(snapshot, "w3svc")->name, "W3SVC");
  assert_string_equal(snapshot_service(snapshot, "HTTP")->name, "http");
  assert_null(snapshot_service(snapshot, "W3SV"));
  assert_null(snapshot_service(snapshot, "W3SVCS"));
  assert_null(snapshot_service(snapshot, ""));
  snapshot_unref(snapshot);
}

static void the_services_of_a_process_come_by_name(void **state) {
  struct pg_snapshot *snapshot = fresh();
  const struct pg_service *const *first;
  (void)state;
  add_service(snapshot, "Zeta", 900);
  add_service(snapshot, "WinRM", 1000);
  add_service(snapshot, "Stopped", 0);
  add_service(snapshot, "alpha", 900);
  add_service(snapshot, "Mid", 900);
  seal(snapshot);
  assert_int_equal(snapshot_services_of(snapshot, 900, &first), 3);
  assert_string_equal(first[0]->name, "alpha");
  assert_string_equal(first[1]->name, "Mid");
  assert_string_equal(first[2]->name, "Zeta");
  assert_int_equal(snapshot_services_of(snapshot, 1000, &first), 1);
  assert_string_equal(first[0]->name, "WinRM");
  assert_int_equal(snapshot_services_of(snapshot, 0, &first), 0);
  snapshot_unref(snapshot);
}

static void tags_belong_to_one_process(void **state) {
  struct pg_snapshot *snapshot = fresh();
  (void)state;
  add_tag(snapshot, 901, 61, "Dhcp");
  add_tag(snapshot, 900, 62, "WinRM");
  add_tag(snapshot, 900, 61, "iphlpsvc");
  seal(snapshot);
  assert_string_equal(snapshot_tag_service(snapshot, 900, 61), "iphlpsvc");
  assert_string_equal(snapshot_tag_service(snapshot, 900, 62), "WinRM");
  assert_string_equal(snapshot_tag_service(snapshot, 901, 61), "Dhcp");
  assert_null(snapshot_tag_service(snapshot, 901, 62));
  assert_null(snapshot_tag_service(snapshot, 900, 60));
  snapshot_unref(snapshot);
}

static void each_queue_of_a_port_is_listed_once(void **state) {
  static const struct pg_url first_urls[] = {
      {"http://+:80/a/", 80}, {"http://+:8100/", 8100}, {"http://+:80/b/", 80}};
  static const struct pg_url second_urls[] = {{"http://+:80/c/", 80},
                                              {"http://+:81/", 81}};
  struct pg_snapshot *snapshot = fresh();
  const struct pg_url_ref *refs;
  (void)state;
  snapshot->queues = pg_arena_alloc(snapshot->arena, 3, sizeof *snapshot->queues);
  snapshot->queue_count = 3;
  snapshot->queues[0].urls = first_urls;
  snapshot->queues[0].url_count = 3;
  snapshot->queues[2].urls = second_urls;
  snapshot->queues[2].url_count = 2;
  seal(snapshot);

  assert_int_equal(snapshot_urls_of(snapshot, 80, &refs), 2);
  assert_int_equal(refs[0].queue, 0);
  assert_int_equal(refs[1].queue, 2);
  assert_int_equal(snapshot_urls_of(snapshot, 81, &refs), 1);
  assert_int_equal(refs[0].queue, 2);
  assert_int_equal(snapshot_urls_of(snapshot, 8100, &refs), 1);
  assert_int_equal(refs[0].queue, 0);
  assert_int_equal(snapshot_urls_of(snapshot, 8, &refs), 0);
  snapshot_unref(snapshot);
}

static void a_source_remembers_how_it_went(void **state) {
  struct pg_snapshot *snapshot = fresh();
  char words[] = "timed out after 5 s";
  (void)state;
  snapshot_source_failed(snapshot, PG_SOURCE_HTTP_STATE, 1000, words);
  words[0] = 'X'; /* the snapshot must have its own copy */
  const struct pg_source_status *status = &snapshot->sources[PG_SOURCE_HTTP_STATE];
  assert_int_equal(status->state, PG_SOURCE_FAILED);
  assert_string_equal(status->error, "timed out after 5 s");
  assert_int_equal(status->read_at, 1000);

  snapshot_source_read(snapshot, PG_SOURCE_HTTP_STATE, 2000);
  assert_int_equal(status->state, PG_SOURCE_READ);
  assert_null(status->error);
  assert_int_equal(status->read_at, 2000);
  snapshot_unref(snapshot);
}

static void references_keep_a_snapshot_alive(void **state) {
  struct pg_snapshot *snapshot = fresh();
  (void)state;
  add_listener(snapshot, PG_IPV4, "0.0.0.0", 80, 4, 0);
  seal(snapshot);
  assert_ptr_equal(snapshot_ref(snapshot), snapshot);
  snapshot_unref(snapshot);
  assert_non_null(snapshot_port(snapshot, 80)); /* AddressSanitizer would object */
  snapshot_unref(snapshot);
  snapshot_unref(NULL);
}

static struct pg_snapshot *detailed(void) {
  static const char *const depends[] = {"WAS", "+Net"};
  struct pg_snapshot *snapshot = fresh();
  add_listener(snapshot, PG_IPV4, "0.0.0.0", 80, 900, 61);
  add_listener(snapshot, PG_IPV4, "0.0.0.0", 81, 900, 62);
  add_process(snapshot, 900, "svchost.exe");
  struct pg_service *service = add_service(snapshot, "iphlpsvc", 900);
  service->display_name = "IP Helper";
  service->depends_on = depends;
  service->depends_on_count = 2;
  service->group = "Net";
  service->state = PG_STATE_RUNNING;
  service->triggered = true;
  add_service(snapshot, "WinRM", 900);
  add_tag(snapshot, 900, 61, "iphlpsvc");
  add_tag(snapshot, 900, 62, "WinRM");
  snapshot_source_read(snapshot, PG_SOURCE_PROCESSES, 5);
  snapshot_source_failed(snapshot, PG_SOURCE_SERVICES, 6, "access denied");
  snapshot_source_read(snapshot, PG_SOURCE_SERVICE_TAGS, 7);
  snapshot_source_read(snapshot, PG_SOURCE_TCP4, 8);
  snapshot->details_mono = 4321;
  seal(snapshot);
  return snapshot;
}

static void copied_details_outlive_their_origin(void **state) {
  struct pg_snapshot *from = detailed(), *to = fresh();
  (void)state;
  add_listener(to, PG_IPV4, "0.0.0.0", 80, 900, 61);
  assert_int_equal(snapshot_copy_details(to, from), PG_OK);
  snapshot_unref(from);
  seal(to);

  assert_string_equal(snapshot_process(to, 900)->name, "svchost.exe");
  assert_null(snapshot_process(to, 900)->path);
  const struct pg_service *service = snapshot_service(to, "iphlpsvc");
  assert_string_equal(service->display_name, "IP Helper");
  assert_string_equal(service->depends_on[0], "WAS");
  assert_string_equal(service->depends_on[1], "+Net");
  assert_string_equal(service->group, "Net");
  assert_int_equal(service->state, PG_STATE_RUNNING);
  assert_true(service->triggered);
  assert_null(snapshot_service(to, "WinRM")->display_name);
  assert_int_equal(to->details_mono, 4321);
  snapshot_unref(to);
}

static void copied_details_carry_their_own_statuses_only(void **state) {
  struct pg_snapshot *from = detailed(), *to = fresh();
  (void)state;
  assert_int_equal(snapshot_copy_details(to, from), PG_OK);
  snapshot_unref(from);
  assert_int_equal(to->sources[PG_SOURCE_PROCESSES].state, PG_SOURCE_READ);
  assert_int_equal(to->sources[PG_SOURCE_PROCESSES].read_at, 5);
  assert_int_equal(to->sources[PG_SOURCE_SERVICES].state, PG_SOURCE_FAILED);
  assert_string_equal(to->sources[PG_SOURCE_SERVICES].error, "access denied");
  assert_int_equal(to->sources[PG_SOURCE_SERVICE_TAGS].read_at, 7);
  assert_int_equal(to->sources[PG_SOURCE_TCP4].state, PG_SOURCE_ABSENT);
  snapshot_unref(to);
}

static void tags_of_closed_sockets_are_not_copied(void **state) {
  struct pg_snapshot *from = detailed(), *to = fresh();
  (void)state;
  add_listener(to, PG_IPV4, "0.0.0.0", 81, 900, 62);
  add_listener(to, PG_IPV4, "0.0.0.0", 82, 901, 61);
  add_listener(to, PG_IPV4, "0.0.0.0", 83, 900, 0);
  assert_int_equal(snapshot_copy_details(to, from), PG_OK);
  snapshot_unref(from);
  seal(to);
  assert_int_equal(to->tag_count, 1);
  assert_string_equal(snapshot_tag_service(to, 900, 62), "WinRM");
  snapshot_unref(to);
}

static void words_of_the_format_go_both_ways(void **state) {
  (void)state;
  for (int i = PG_STATE_STOPPED; i <= PG_STATE_PAUSED; i++) {
    const char *name = pg_service_state_name((enum pg_service_state)i);
    assert_int_equal(pg_service_state_from_name(name), i);
  }
  for (int i = PG_START_BOOT; i <= PG_START_DISABLED; i++) {
    const char *name = pg_start_type_name((enum pg_start_type)i);
    assert_int_equal(pg_start_type_from_name(name), i);
  }
  for (int i = PG_TYPE_OWN_PROCESS; i <= PG_TYPE_FILE_SYSTEM_DRIVER; i++) {
    const char *name = pg_service_type_name((enum pg_service_type)i);
    assert_int_equal(pg_service_type_from_name(name), i);
  }
  assert_string_equal(pg_service_state_name(PG_STATE_STOP_PENDING), "stop_pending");
  assert_string_equal(pg_start_type_name(PG_START_AUTO), "auto");
  assert_string_equal(pg_service_type_name(PG_TYPE_USER_SHARE_PROCESS),
                      "user_share_process");
  assert_string_equal(pg_source_name(PG_SOURCE_HTTP_STATE), "http.service_state");
}

static void unknown_words_are_unknown(void **state) {
  (void)state;
  assert_null(pg_service_state_name(PG_STATE_UNKNOWN));
  assert_null(pg_start_type_name(PG_START_UNKNOWN));
  assert_null(pg_service_type_name(PG_TYPE_UNKNOWN));
  assert_null(pg_service_state_name((enum pg_service_state)99));
  assert_null(pg_source_name(PG_SOURCE_COUNT));
  assert_int_equal(pg_service_state_from_name("Running"), PG_STATE_UNKNOWN);
  assert_int_equal(pg_service_state_from_name(""), PG_STATE_UNKNOWN);
  assert_int_equal(pg_start_type_from_name(NULL), PG_START_UNKNOWN);
  assert_int_equal(pg_service_type_from_name("driver"), PG_TYPE_UNKNOWN);
}

static void a_large_shuffled_table_is_sorted(void **state) {
  enum { COUNT = 60000 };
  struct pg_snapshot *snapshot = fresh();
  struct pg_listener *rows = snapshot_listeners(snapshot, COUNT);
  (void)state;
  assert_non_null(rows);
  for (uint32_t i = 0; i < COUNT; i++) {
    rows[i].port = (uint16_t)((i * 7919u) % COUNT + 1); /* a permutation: 7919 is prime */
    rows[i].pid = i;
  }
  seal(snapshot);
  assert_int_equal(snapshot->port_count, COUNT);
  for (uint32_t i = 0; i < COUNT; i++) {
    assert_int_equal(snapshot->ports[i].port, i + 1);
    assert_int_equal(snapshot->listeners[i].port, i + 1);
  }
  snapshot_unref(snapshot);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_empty_snapshot_answers_nothing),
      cmocka_unit_test(room_for_no_rows_is_not_a_failure),
      cmocka_unit_test(room_beyond_the_ceiling_is_refused),
      cmocka_unit_test(listeners_are_sorted_by_port_family_address_and_pid),
      cmocka_unit_test(a_port_covers_exactly_its_listeners),
      cmocka_unit_test(one_kernel_listener_of_several_makes_the_port_kernel_owned),
      cmocka_unit_test(kernel_owned_is_pid_0_pid_4_and_winedevice),
      cmocka_unit_test(every_process_is_found_by_its_pid),
      cmocka_unit_test(services_are_found_without_regard_to_case),
      cmocka_unit_test(the_services_of_a_process_come_by_name),
      cmocka_unit_test(tags_belong_to_one_process),
      cmocka_unit_test(each_queue_of_a_port_is_listed_once),
      cmocka_unit_test(a_source_remembers_how_it_went),
      cmocka_unit_test(references_keep_a_snapshot_alive),
      cmocka_unit_test(copied_details_outlive_their_origin),
      cmocka_unit_test(copied_details_carry_their_own_statuses_only),
      cmocka_unit_test(tags_of_closed_sockets_are_not_copied),
      cmocka_unit_test(words_of_the_format_go_both_ways),
      cmocka_unit_test(unknown_words_are_unknown),
      cmocka_unit_test(a_large_shuffled_table_is_sorted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
