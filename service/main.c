/* portguardsvc: a table of contents. Without arguments the SCM runs the service;
 * the verbs are for people. */
#include "common/os_name.h"
#include "common/version.h"
#include "service/console.h"
#include "service/history/store.h"
#include "service/options.h"
#include "service/platform.h"

#include <cJSON.h>
#include <stdio.h>

static int print_version(void) {
  char os[PG_OS_CHARS];
  printf("portguardsvc %s (%s, libuv %s, cJSON %s, SQLite %s)\n", PG_VERSION,
         pg_os_name(os, sizeof os), uv_version_string(), cJSON_Version(),
         history_library());
  return 0;
}

static int run_verb(const struct service_options *options) {
  switch (options->verb) {
  case SERVICE_VERB_NONE:
    return platform_service_main();
  case SERVICE_VERB_RUN:
    return console_run(options);
  case SERVICE_VERB_EXPLAIN:
    return console_explain(options);
  case SERVICE_VERB_CHECK:
    return console_check_config(options);
  case SERVICE_VERB_INSTALL:
    return platform_install();
  case SERVICE_VERB_UNINSTALL:
    return platform_uninstall();
  case SERVICE_VERB_VERSION:
    return print_version();
  case SERVICE_VERB_HELP:
    service_help(options->verb);
    return 0;
  }
  return pg_error_exit(PG_E_USAGE);
}

int main(int argc, char **argv) {
  struct service_options options;
  struct pg_fault fault = {0};
  platform_start(&argc, &argv);
  if (service_options_read(argc, argv, &options, &fault) != PG_OK)
    return console_fail(&fault);
  if (options.help) {
    service_help(options.verb);
    return 0;
  }
  return run_verb(&options);
}
