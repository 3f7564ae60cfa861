/* What the policy is shown of machines of all kinds: only what is certain may be acted
 * on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/limits.h"
#include "service/policing_rows.h"
#include "tests/unit/explain_case.h"

#include <string.h>

#define HTTP_MONO 77

static const struct pg_port_range all_ports[] = {{1, 65535}};
static const struct pg_settings guards_all = {.guarded = {all_ports, 1}};

static struct policing_rows rows;

static void say_row(const struct policy_holder *row, struct pg_text *out) {
  pg_text_printf(out, "%s%s %u %s", out->len > 0 ? "; " : "", row->service,
                 (unsigned)row->port, row->certain ? "certain" : "doubtful");
  if (row->template_name != NULL)
    pg_text_printf(out, " of %s", row->template_name);
  if (row->portproxy)
    pg_text_str_add(out, " proxy");
  if (row->http_mono != INT64_MAX)
    pg_text_str_add(out, " http");
}

/* The rows of one port, then "?" if nobody can be sure of it. */
static void check_rows(struct pg_snapshot *snapshot, uint16_t port,
                       const char *expected) {
  struct pg_text said;
  bool unsure = false;
  pg_text_init(&said, PG_MIB);
  assert_true(policing_rows_make(&rows, snapshot, &guards_all, HTTP_MONO));
  for (size_t i = 0; i < rows.count; i++)
    if (rows.holders[i].port == port)
      say_row(&rows.holders[i], &said);
  for (size_t i = 0; i < rows.unsure_count; i++)
    unsure |= rows.unsure[i] == port;
  pg_text_str_add(&said, unsure ? "?" : "");
  assert_string_equal(pg_text_str(&said), expected);
  pg_text_free(&said);
  policing_rows_free(&rows);
  snapshot_unref(snapshot);
}

static void machines_are_shown_as_far_as_they_are_known(void **state) {
  static const struct {
    const char *capture;
    uint16_t port;
    const char *rows;
  } cases[] = {
      {"iis_active", 80, "W3SVC 80 certain http"},
      {"forged_queue", 80, "PeerDistSvc 80 certain http"},
      {"http_failed", 80, "W3SVC 80 doubtful http; WAS 80 doubtful http?"},
      {"http_truncated", 80,
       "PeerDistSvc 80 doubtful http; W3SVC 80 doubtful http; WAS 80 doubtful http?"},
      {"port_proxy", 8080, "iphlpsvc 8080 certain proxy; iphlpsvc 8080 certain proxy"},
      {"port_proxy_shared_svchost", 8080, "iphlpsvc 8080 certain proxy"},
      {"shared_svchost", 7680,
       "DoSvc 7680 doubtful; iphlpsvc 7680 doubtful; ProfSvc 7680 doubtful; Themes 7680 "
       "doubtful; UsoSvc 7680 doubtful; wuauserv 7680 doubtful"},
      {"services_missing", 80, "?"},
      {"pid_gone", 9229, "?"},
      {"pid_reused", 3000, ""},
      {"nginx", 80, ""},
      {"web_deploy", 80, "MsDepSvc 80 certain http"},
      {"tcp6_failed", 80, "?"},
      {"shared_svchost", 8005, "iphlpsvc 8005 certain"},
      {"docker_iphlpsvc_wslrelay", 80, "iphlpsvc 80 certain proxy"},
      {"smb_winrm", 5985, "WinRM 5985 certain http"},
      {"port_proxy_shared_svchost", 3000, "iphlpsvc 3000 doubtful proxy"},
      {"iis_branchcache", 80, "PeerDistSvc 80 certain http; W3SVC 80 certain http"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    check_rows(case_from_file(cases[i].capture), cases[i].port, cases[i].rows);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(machines_are_shown_as_far_as_they_are_known),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
