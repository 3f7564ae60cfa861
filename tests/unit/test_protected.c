#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/protected.h"

/* docs name the same ones. */
static void every_service_windows_stands_on_is_protected(void **state) {
  static const char *const names[] = {
      "HTTP",         "RpcSs",
      "RpcEptMapper", "DcomLaunch",
      "EventLog",     "LSM",
      "SamSs",        "Winmgmt",
      "PlugPlay",     "Power",
      "ProfSvc",      "Schedule",
      "BFE",          "mpssvc",
      "Dnscache",     "Dhcp",
      "nsi",          "gpsvc",
      "Netlogon",     "NTDS",
      "Kdc",          "DNS",
      "LanmanServer", "WinDefend",
      "ClusSvc",      "Spooler",
      "CryptSvc",     "TrustedInstaller",
      "PortGuard",    "LanmanWorkstation",
  };
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!pg_service_is_protected(names[i]))
      fail_msg("%s is not protected", names[i]);
}

static void case_does_not_matter(void **state) {
  (void)state;
  assert_true(pg_service_is_protected("rpcss"));
  assert_true(pg_service_is_protected("SPOOLER"));
  assert_true(pg_service_is_protected("portguard"));
}

static void only_whole_names_count(void **state) {
  static const char *const names[] = {"",     "W3SVC", "Spoole",   "Spooler2",
                                      " DNS", "DNS ",  "MsDepSvc", "HTTPFilter"};
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (pg_service_is_protected(names[i]))
      fail_msg("\"%s\" is protected", names[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_service_windows_stands_on_is_protected),
      cmocka_unit_test(case_does_not_matter),
      cmocka_unit_test(only_whole_names_count),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
