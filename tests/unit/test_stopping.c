#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "explain_case.h"
#include "service/snapshot/stopping.h"

#define RPC SERVICE("RpcSs", 1, "") ","
#define BASE SERVICE("Base", 2, "") ","
#define MIDDLE SERVICE("Middle", 3, "\"Base\"") ","
#define SPOOLER SERVICE("Spooler", 4, "\"Middle\"") ","
#define IDLE_DNS SERVICE_IN("stopped", "DNS", 0, "\"Web\"") ","
#define WEB SERVICE("Web", 5, "\"RpcSs\"") ","
#define HELPER SERVICE("iphlpsvc", 6, "")

static struct pg_snapshot *snapshot;

static void check(const char *service, bool listens, enum pg_safety rule,
                  const char *against) {
  const struct pg_service *found = NULL;
  assert_int_equal(
      snapshot_veto(snapshot, snapshot_service(snapshot, service), listens, &found),
      rule);
  if (against != NULL)
    assert_string_equal(found->name, against);
}

static void a_service_nothing_speaks_against_may_stop(void **state) {
  (void)state;
  check("Web", true, PG_SAFETY_NONE, NULL);
}

static void a_protected_service_that_would_go_down_speaks_against_it(void **state) {
  (void)state;
  check("RpcSs", false, PG_SAFETY_PROTECTED, "RpcSs");
  check("Middle", false, PG_SAFETY_PROTECTED, "Spooler");
  check("Base", false, PG_SAFETY_PROTECTED, "Spooler");
}

static void ip_helper_is_refused_only_when_it_listens_itself(void **state) {
  (void)state;
  check("iphlpsvc", true, PG_SAFETY_PORT_PROXY, "iphlpsvc");
  check("iphlpsvc", false, PG_SAFETY_NONE, NULL);
}

static void name_and_type_alone_decide_some(void **state) {
  (void)state;
  assert_int_equal(pg_service_safety("portguard", PG_TYPE_OWN_PROCESS),
                   PG_SAFETY_PORTGUARD);
  assert_int_equal(pg_service_safety("x", PG_TYPE_KERNEL_DRIVER), PG_SAFETY_DRIVER);
  assert_int_equal(pg_service_safety("x", PG_TYPE_FILE_SYSTEM_DRIVER), PG_SAFETY_DRIVER);
  assert_int_equal(pg_service_safety("x", PG_TYPE_UNKNOWN), PG_SAFETY_NONE);
  assert_string_equal(pg_safety_name(PG_SAFETY_PLAN_CHANGED), "plan-changed");
  assert_null(pg_safety_name(PG_SAFETY_NONE));
}

static void only_a_users_instance_is_configured_under_another_name(void **state) {
  struct pg_service service = {.name = "CDPUserSvc_1bf5729"};
  (void)state;
  assert_int_equal(snapshot_configured_len(&service), 18);
  service.user_instance = true;
  assert_int_equal(snapshot_configured_len(&service), 10);
}

static int open_machine(void **state) {
  (void)state;
  snapshot = case_of(CASE("", SERVICES(RPC BASE MIDDLE SPOOLER IDLE_DNS WEB HELPER)));
  return 0;
}

static int close_machine(void **state) {
  (void)state;
  snapshot_unref(snapshot);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_service_nothing_speaks_against_may_stop),
      cmocka_unit_test(a_protected_service_that_would_go_down_speaks_against_it),
      cmocka_unit_test(ip_helper_is_refused_only_when_it_listens_itself),
      cmocka_unit_test(name_and_type_alone_decide_some),
      cmocka_unit_test(only_a_users_instance_is_configured_under_another_name),
  };
  return cmocka_run_group_tests(tests, open_machine, close_machine);
}
