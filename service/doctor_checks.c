#include "service/doctor_checks.h"

#include "common/limits.h"
#include "common/protocol.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "service/policy/group_policy.h"

#include <stdio.h>
#include <stdlib.h>

#define DISK_LOW (256 * (int64_t)PG_MIB)
#define DISK_FULL (16 * (int64_t)PG_MIB)
/* The clock of a machine that has lost its time; nothing of this is older. */
#define CLOCK_FLOOR (INT64_C(1767225600) * 1000) /* 2026-01-01 */
#define CLOCK_STEP_MS 60000

/* One command, in cmd and in each PowerShell: Windows PowerShell knows no "&&". */
#define RESTART "powershell -Command Restart-Service " PG_SERVICE_NAME

static void too_late(struct pg_doctor_finding *out) {
  pg_doctor_say(out, PG_DOCTOR_UNKNOWN, "portguardctl doctor",
                "it could not be looked at in time");
}

/* --- pipes --- */

static void check_pipe(const struct doctor_facts *facts, int which,
                       struct pg_doctor_finding *out) {
  const struct doctor_pipe_facts *pipe = &facts->pipes[which];
  const struct pipe_look *look = facts->look != NULL ? &facts->look->pipes[which] : NULL;
  if (pipe->name == NULL)
    pg_doctor_say(out, PG_DOCTOR_SKIPPED, NULL, "this service was started without it");
  else if (!pipe->open)
    pg_doctor_say_fault(out, PG_DOCTOR_FAILED, &pipe->trouble, RESTART);
  else if (look == NULL)
    too_late(out);
  else if (look->fault.code == PG_E_REFUSED || look->fault.code == PG_E_NOTFOUND)
    pg_doctor_say_fault(out, PG_DOCTOR_FAILED, &look->fault, RESTART);
  else if (look->fault.code != PG_OK)
    pg_doctor_say_fault(out, PG_DOCTOR_UNKNOWN, &look->fault, "portguardctl health");
  else if (!look->same)
    pg_doctor_say(
        out, PG_DOCTOR_FAILED, RESTART,
        "its access rights are not those it was made with: found %s, expected %s",
        look->found, look->expected);
  else
    pg_doctor_say(out, PG_DOCTOR_OK, NULL, "open, with the rights it should have: %s",
                  look->expected);
}

static void check_status_pipe(const struct doctor_facts *facts,
                              struct pg_doctor_finding *out) {
  check_pipe(facts, DOCTOR_STATUS_PIPE, out);
}

static void check_control_pipe(const struct doctor_facts *facts,
                               struct pg_doctor_finding *out) {
  check_pipe(facts, DOCTOR_CONTROL_PIPE, out);
}

/* --- what Windows knows of the service --- */

#define NOT_IN_WINDOWS "this is not the service that Windows runs"

static void check_setup(const struct doctor_facts *facts, struct pg_doctor_finding *out) {
  if (!facts->in_windows)
    pg_doctor_say(out, PG_DOCTOR_SKIPPED, NULL, NOT_IN_WINDOWS);
  else if (facts->setup != NULL && facts->setup->code != PG_OK)
    pg_doctor_say_fault(out, PG_DOCTOR_FAILED, facts->setup, "portguardsvc install");
  else
    pg_doctor_say(out, PG_DOCTOR_OK, NULL,
                  "at its start the service could set all it is "
                  "to be set to");
}

/* What is for people, or comes with a shutdown only, makes nothing less safe. */
static bool is_minor(enum doctor_setup which) {
  return which == DOCTOR_SETUP_DESCRIPTION || which == DOCTOR_SETUP_PRESHUTDOWN;
}

static void check_setting(const struct doctor_facts *facts, enum doctor_setup which,
                          struct pg_doctor_finding *out) {
  const struct doctor_setting *setting =
      facts->look != NULL ? &facts->look->settings[which] : NULL;
  if (!facts->in_windows)
    pg_doctor_say(out, PG_DOCTOR_SKIPPED, NULL, NOT_IN_WINDOWS);
  else if (setting == NULL)
    too_late(out);
  else if (setting->unknown)
    pg_doctor_say(out, PG_DOCTOR_SKIPPED, NULL, "this system has no such setting");
  else if (setting->fault.code == PG_OK)
    pg_doctor_say(out, PG_DOCTOR_OK, NULL, "as it should be");
  else if (setting->fault.code == PG_E_FORMAT || setting->fault.code == PG_E_NOTFOUND)
    pg_doctor_say_fault(out, is_minor(which) ? PG_DOCTOR_WARNING : PG_DOCTOR_FAILED,
                        &setting->fault, "portguardsvc install");
  else
    pg_doctor_say_fault(out, PG_DOCTOR_UNKNOWN, &setting->fault,
                        "sc.exe qc " PG_SERVICE_NAME);
}

/* --- files --- */

static void check_folder(const struct doctor_facts *facts,
                         struct pg_doctor_finding *out) {
  char shown[200];
  if (facts->folder == NULL && facts->no_folder.code == PG_OK)
    pg_doctor_say(out, PG_DOCTOR_SKIPPED, NULL, "this service was started without one");
  else if (facts->folder == NULL)
    pg_doctor_say_fault(out, PG_DOCTOR_FAILED, &facts->no_folder, "portguardsvc install");
  else if (facts->look == NULL)
    too_late(out);
  else if (facts->look->folder.code != PG_OK)
    pg_doctor_say_fault(out, PG_DOCTOR_FAILED, &facts->look->folder,
                        "portguardsvc install");
  else
    pg_doctor_say(out, PG_DOCTOR_OK, NULL,
                  "%s: only its owner and administrators may write there",
                  pg_escape(shown, sizeof shown, facts->folder));
}

/* False: Group Policy has neither anything to do with it nor the only say. */
static bool check_group_policy(const struct doctor_facts *facts,
                               struct pg_doctor_finding *out) {
  const struct pg_fault *rejected = &facts->configuration.rejected;
  if (rejected->code != PG_OK && facts->configuration.policy_rejected)
    pg_doctor_say(out, PG_DOCTOR_FAILED, rejected->hint,
                  "Group Policy (%s) is not in force, what was before it is: %.250s",
                  GROUP_POLICY_PLACE, rejected->message);
  else if (rejected->code == PG_OK && facts->configuration.by_policy)
    pg_doctor_say(out, PG_DOCTOR_OK, NULL,
                  "Group Policy (%s) is in force, in the place of the file",
                  GROUP_POLICY_PLACE);
  else
    return false;
  return true;
}

static void check_configuration(const struct doctor_facts *facts,
                                struct pg_doctor_finding *out) {
  const struct pg_fault *rejected = &facts->configuration.rejected;
  const char *file = facts->configuration.file;
  const char *more =
      facts->configuration.overridden ? "; Group Policy has the last word" : "";
  char shown[200], hint[sizeof out->hint];
  if (check_group_policy(facts, out))
    return;
  if (file == NULL && facts->configuration.none.code == PG_OK) {
    pg_doctor_say(out, PG_DOCTOR_SKIPPED, NULL, "this service was started without one");
    return;
  }
  if (file == NULL) {
    pg_doctor_say_fault(out, PG_DOCTOR_FAILED, &facts->configuration.none,
                        "portguardsvc install");
    return;
  }
  pg_escape(shown, sizeof shown, file);
  (void)snprintf(hint, sizeof hint, "portguardsvc check-config \"%s\"", shown);
  if (rejected->code != PG_OK)
    pg_doctor_say(
        out, PG_DOCTOR_FAILED, rejected->hint[0] != '\0' ? rejected->hint : hint,
        "%s is not in force, what was before it is: %.250s", shown, rejected->message);
  else if (facts->configuration.from_file)
    pg_doctor_say(out, PG_DOCTOR_OK, NULL, "%s is in force%s", shown, more);
  else
    pg_doctor_say(out, PG_DOCTOR_OK, NULL, "the defaults are in force: there is no %s%s",
                  shown, more);
}

static void check_state(const struct doctor_facts *facts, struct pg_doctor_finding *out) {
  const struct doctor_look *look = facts->look;
  if (facts->no_folder.code != PG_OK)
    pg_doctor_say_fault(out, PG_DOCTOR_FAILED, &facts->no_folder, RESTART);
  else if (!facts->keeps_state)
    pg_doctor_say(out, PG_DOCTOR_SKIPPED, NULL, "this service was started without one");
  else if (facts->state_failing)
    pg_doctor_say_fault(out, PG_DOCTOR_FAILED, &facts->state_trouble,
                        "portguardctl health");
  else if (look == NULL)
    too_late(out);
  else if (look->state_file.code != PG_OK)
    pg_doctor_say_fault(out, PG_DOCTOR_FAILED, &look->state_file, RESTART);
  else
    pg_doctor_say(out, PG_DOCTOR_OK, NULL, "state.json can be read and written");
}

static void check_history(const struct doctor_facts *facts,
                          struct pg_doctor_finding *out) {
  const char *error = facts->history.error, *set_aside = facts->history.set_aside;
  bool off = facts->history.state == RECORDER_IS_OFF;
  if (off && error == NULL)
    pg_doctor_say(out, PG_DOCTOR_SKIPPED, NULL, "this service was started without one");
  else if (facts->history.state != RECORDER_IS_RECORDING)
    pg_doctor_say(out, PG_DOCTOR_FAILED, "portguardctl health",
                  "nothing is remembered%s%s", error != NULL ? ": " : "",
                  error != NULL ? error : "");
  else if (facts->history.lost > 0)
    pg_doctor_say(out, PG_DOCTOR_WARNING, "portguardctl health",
                  "%llu rows since the service began are lost",
                  (unsigned long long)facts->history.lost);
  else if (set_aside != NULL)
    pg_doctor_say(out, PG_DOCTOR_WARNING, "portguardctl health", "%s", set_aside);
  else
    pg_doctor_say(out, PG_DOCTOR_OK, NULL, "it is being written");
}

static void check_disk(const struct doctor_facts *facts, struct pg_doctor_finding *out) {
  char hint[sizeof out->hint];
  int64_t bytes = facts->look != NULL ? facts->look->free_bytes : -1;
  if (facts->folder == NULL) {
    pg_doctor_say(out, PG_DOCTOR_SKIPPED, NULL, "this service writes no files");
    return;
  }
  if (facts->look == NULL || bytes < 0) {
    too_late(out);
    return;
  }
  bool drive = facts->folder[0] != '\0' && facts->folder[1] == ':';
  (void)snprintf(hint, sizeof hint,
                 drive ? "fsutil volume diskfree %.2s" : "df -h %.200s", facts->folder);
  enum pg_doctor_state state = bytes < DISK_FULL  ? PG_DOCTOR_FAILED
                               : bytes < DISK_LOW ? PG_DOCTOR_WARNING
                                                  : PG_DOCTOR_OK;
  pg_doctor_say(out, state, state == PG_DOCTOR_OK ? NULL : hint,
                "%lld MiB are free for state.json and the history",
                (long long)(bytes / PG_MIB));
}

/* --- what it reads and writes --- */

static void check_events(const struct doctor_facts *facts,
                         struct pg_doctor_finding *out) {
  if (facts->events_lost > 0)
    pg_doctor_say(out, PG_DOCTOR_FAILED, "wevtutil gl Application",
                  "%llu events since the service began could not be written",
                  (unsigned long long)facts->events_lost);
  else
    pg_doctor_say(out, PG_DOCTOR_OK, NULL, "every event could be written");
}

static void add_source(struct pg_text *out, enum pg_source source,
                       const struct doctor_source_facts *facts) {
  pg_text_printf(out, "%s%s for %lld s", out->len > 0 ? "; " : "", pg_source_name(source),
                 (long long)(facts->failing_ms / 1000));
  if (facts->error == NULL)
    return;
  pg_text_str_add(out, ": ");
  pg_text_escaped(out, facts->error, PG_SHOWN_CHARS);
}

/* Without the table of listeners nothing is known; without the rest, less. */
static void check_sources(const struct doctor_facts *facts,
                          struct pg_doctor_finding *out) {
  struct pg_text text;
  bool table =
      facts->sources[PG_SOURCE_TCP4].failing || facts->sources[PG_SOURCE_TCP6].failing;
  if (!facts->has_snapshot) {
    pg_doctor_say(out, PG_DOCTOR_UNKNOWN, "portguardctl health",
                  "the first look at the TCP table has not ended yet");
    return;
  }
  pg_text_init(&text, 64 * PG_KIB);
  for (int i = 0; i < PG_SOURCE_COUNT; i++)
    if (facts->sources[i].failing)
      add_source(&text, (enum pg_source)i, &facts->sources[i]);
  if (text.len > 0)
    pg_doctor_say(out, table ? PG_DOCTOR_FAILED : PG_DOCTOR_WARNING,
                  "portguardctl health", "failing: %s", pg_text_str(&text));
  else
    pg_doctor_say(out, PG_DOCTOR_OK, NULL, "none fails");
  pg_text_free(&text);
}

static const struct doctor_source_facts *netsh_trouble(const struct doctor_facts *facts) {
  static const enum pg_source read_with_netsh[] = {
      PG_SOURCE_EXCLUDED4, PG_SOURCE_EXCLUDED6, PG_SOURCE_HTTP_STATE};
  for (size_t i = 0; i < sizeof read_with_netsh / sizeof *read_with_netsh; i++)
    if (facts->sources[read_with_netsh[i]].failing)
      return &facts->sources[read_with_netsh[i]];
  return NULL;
}

static void check_netsh(const struct doctor_facts *facts, struct pg_doctor_finding *out) {
  const struct doctor_source_facts *trouble = netsh_trouble(facts);
  char shown[PG_SHOWN_CHARS];
  if (!facts->reads_netsh)
    pg_doctor_say(out, PG_DOCTOR_SKIPPED, NULL, "this service reads a capture");
  else if (facts->look != NULL && facts->look->netsh.code != PG_OK)
    pg_doctor_say_fault(out, PG_DOCTOR_FAILED, &facts->look->netsh, NULL);
  else if (trouble != NULL)
    pg_doctor_say(
        out, PG_DOCTOR_FAILED, "netsh http show servicestate view=requestq",
        "it does not answer as it should%s%s", trouble->error != NULL ? ": " : "",
        trouble->error != NULL ? pg_escape(shown, sizeof shown, trouble->error) : "");
  else if (facts->look == NULL || !facts->has_snapshot)
    too_late(out);
  else
    pg_doctor_say(out, PG_DOCTOR_OK, NULL, "it is there and answers");
}

static void check_http_service(const struct doctor_facts *facts,
                               struct pg_doctor_finding *out) {
  const struct pg_service *http = facts->http;
  if (!facts->has_snapshot || facts->services != PG_SOURCE_READ)
    pg_doctor_say(out, PG_DOCTOR_UNKNOWN, "sc.exe query HTTP",
                  "the list of services could not be read");
  else if (http == NULL && !facts->reads_netsh)
    pg_doctor_say(out, PG_DOCTOR_SKIPPED, NULL, "the capture has no service HTTP");
  else if (http == NULL)
    pg_doctor_say(out, PG_DOCTOR_WARNING, "sc.exe query HTTP",
                  "there is no service HTTP: nothing can listen through HTTP.sys");
  else if (http->state == PG_STATE_RUNNING)
    pg_doctor_say(out, PG_DOCTOR_OK, NULL, "HTTP is running");
  else if (http->state != PG_STATE_STOPPED)
    pg_doctor_say(out, PG_DOCTOR_WARNING, "sc.exe query HTTP",
                  "HTTP is in the state %s: one that lasts ends with the next restart of "
                  "Windows",
                  pg_service_state_name(http->state));
  else if (http->start_type == PG_START_DISABLED)
    pg_doctor_say(out, PG_DOCTOR_WARNING, "sc.exe config HTTP start= demand",
                  "HTTP is disabled: IIS, WinRM and Windows Update need it");
  else
    pg_doctor_say(out, PG_DOCTOR_OK, NULL,
                  "HTTP is stopped, it starts when somebody needs it");
}

static void check_clock(const struct doctor_facts *facts, struct pg_doctor_finding *out) {
  char words[PG_TIME_CHARS];
  int64_t step = facts->now_wall - facts->began_wall - facts->running_ms;
  pg_time_format(facts->now_wall, words);
  if (facts->now_wall < CLOCK_FLOOR)
    pg_doctor_say(out, PG_DOCTOR_FAILED, "w32tm /resync",
                  "it says %s: schedules, the history and all times told are wrong",
                  words);
  else if (step > CLOCK_STEP_MS || step < -CLOCK_STEP_MS)
    pg_doctor_say(out, PG_DOCTOR_WARNING, "w32tm /query /status",
                  "it was set %s by %lld s since the service began",
                  step > 0 ? "forward" : "back",
                  (long long)(step > 0 ? step : -step) / 1000);
  else
    pg_doctor_say(out, PG_DOCTOR_OK, NULL, "it says %s", words);
}

typedef void check_fn(const struct doctor_facts *facts, struct pg_doctor_finding *out);

void doctor_check(const struct doctor_facts *facts,
                  struct pg_doctor_finding findings[PG_CHECK_COUNT]) {
  static check_fn *const checks[PG_CHECK_COUNT] = {
      [PG_CHECK_STATUS_PIPE] = check_status_pipe,
      [PG_CHECK_CONTROL_PIPE] = check_control_pipe,
      [PG_CHECK_SETUP] = check_setup,
      [PG_CHECK_FOLDER] = check_folder,
      [PG_CHECK_CONFIGURATION] = check_configuration,
      [PG_CHECK_STATE] = check_state,
      [PG_CHECK_HISTORY] = check_history,
      [PG_CHECK_DISK] = check_disk,
      [PG_CHECK_EVENTS] = check_events,
      [PG_CHECK_SOURCES] = check_sources,
      [PG_CHECK_NETSH] = check_netsh,
      [PG_CHECK_HTTP_SERVICE] = check_http_service,
      [PG_CHECK_CLOCK] = check_clock,
  };
  static const enum pg_doctor_check settings[] = {
#define X(name, text, side) [DOCTOR_SETUP_##name] = PG_CHECK_##name,
      PG_DOCTOR_SETUP_LIST(X)
#undef X
  };
  for (int i = 0; i < PG_CHECK_COUNT; i++)
    if (checks[i] != NULL)
      checks[i](facts, &findings[i]);
  for (int i = 0; i < DOCTOR_SETUPS; i++)
    check_setting(facts, (enum doctor_setup)i, &findings[settings[i]]);
}
