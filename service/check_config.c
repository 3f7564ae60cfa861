/* `portguardsvc check-config FILE`: for people who edit, and for CI. The file may be
 * anybody's: only the service's own has to be trusted. */
#include "common/limits.h"
#include "common/text.h"
#include "service/console.h"
#include "service/files/files.h"
#include "service/policy/config.h"

#include <stdio.h>

#define SHOWN_PATH 200

static const char *plural(size_t count) {
  return count == 1 ? "" : "s";
}

static unsigned long count_ports(const struct pg_ports *ports) {
  unsigned long count = 0;
  for (size_t i = 0; i < ports->count; i++)
    count += (unsigned long)(ports->ranges[i].last - ports->ranges[i].first) + 1;
  return count;
}

static size_t count_enforcing(const struct pg_settings *settings) {
  size_t count = 0;
  for (size_t i = 0; i < settings->rule_count; i++)
    count += settings->rules[i].mode == PG_MODE_ENFORCE;
  return count;
}

static enum pg_error say(const char *shown, const struct pg_settings *settings,
                         struct pg_fault *fault) {
  unsigned long ports = count_ports(&settings->guarded);
  if (printf("\"%s\" is a good configuration: %lu guarded port%s, %lu rule%s (%lu "
             "enforcing)\n",
             shown, ports, plural(ports), (unsigned long)settings->rule_count,
             plural(settings->rule_count),
             (unsigned long)count_enforcing(settings)) > 0 &&
      fflush(stdout) == 0)
    return PG_OK;
  return pg_fail(fault, PG_E_IO, "the answer could not be written");
}

int console_check_config(const struct service_options *options) {
  char shown[SHOWN_PATH];
  struct pg_fault fault = {0};
  struct pg_settings *settings = NULL;
  struct pg_text text;
  enum pg_error error = files_load(options->file, PG_CONFIG_MAX, &text, &fault);
  pg_escape(shown, sizeof shown, options->file);
  if (error == PG_OK) {
    error = config_read(pg_text_str(&text), text.len, &settings, &fault);
    if (error != PG_OK)
      pg_fail(&fault, error, "\"%s\": %s", shown, fault.message);
  }
  if (error == PG_OK)
    error = say(shown, settings, &fault);
  settings_free(settings);
  pg_text_free(&text);
  return error == PG_OK ? 0 : console_fail(&fault);
}
