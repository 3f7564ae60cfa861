#include "client/doctor_checks.h"

#include "client/fields.h"
#include "client/platform.h"
#include "common/protocol.h"
#include "common/text.h"

#include <string.h>

#define ELSEWHERE "the service that is asked is not the one Windows runs"

static void check_program(const struct client_facts *facts,
                          struct pg_doctor_finding *out) {
  char shown[300];
  pg_escape(shown, sizeof shown, facts->program != NULL ? facts->program : "");
  if (facts->program == NULL)
    pg_doctor_say(out, PG_DOCTOR_UNKNOWN, NULL,
                  "the folder of this program could not be found out");
  else if (!facts->program_there)
    pg_doctor_say(out, PG_DOCTOR_WARNING, NULL,
                  "there is no %s: without it status and list cannot answer when the "
                  "service is stopped; install PortGuard again",
                  shown);
  else
    pg_doctor_say(out, PG_DOCTOR_OK, NULL, "%s", shown);
}

static void check_installed(const struct client_facts *facts,
                            struct pg_doctor_finding *out) {
  const struct client_service *service = &facts->service;
  switch (service->known) {
  case CLIENT_SERVICE_ELSEWHERE:
    pg_doctor_say(out, PG_DOCTOR_SKIPPED, NULL, ELSEWHERE);
    return;
  case CLIENT_SERVICE_ABSENT:
    pg_doctor_say(out, PG_DOCTOR_FAILED, "portguardsvc install",
                  "there is no service " PG_SERVICE_NAME);
    return;
  case CLIENT_SERVICE_UNREAD:
    pg_doctor_say_fault(out, PG_DOCTOR_UNKNOWN, &service->fault,
                        "sc.exe qc " PG_SERVICE_NAME);
    return;
  case CLIENT_SERVICE_THERE:
    break;
  }
  if (service->disabled || !service->automatic)
    pg_doctor_say(out, service->disabled ? PG_DOCTOR_FAILED : PG_DOCTOR_WARNING,
                  "sc.exe config " PG_SERVICE_NAME " start= auto", "%s",
                  service->disabled ? "it is disabled"
                                    : "it does not start with Windows");
  else
    pg_doctor_say(out, PG_DOCTOR_OK, NULL, "it starts with Windows");
}

static void check_running(const struct client_facts *facts,
                          struct pg_doctor_finding *out) {
  const struct client_service *service = &facts->service;
  if (service->known == CLIENT_SERVICE_ELSEWHERE)
    pg_doctor_say(out, PG_DOCTOR_SKIPPED, NULL, ELSEWHERE);
  else if (service->known == CLIENT_SERVICE_ABSENT)
    pg_doctor_say(out, PG_DOCTOR_SKIPPED, NULL, "it is not installed");
  else if (service->known == CLIENT_SERVICE_UNREAD)
    pg_doctor_say_fault(out, PG_DOCTOR_UNKNOWN, &service->fault,
                        "sc.exe query " PG_SERVICE_NAME);
  else if (service->state == CLIENT_SERVICE_RUNNING)
    pg_doctor_say(out, PG_DOCTOR_OK, NULL, "as process %lu", (unsigned long)service->pid);
  else if (service->state == CLIENT_SERVICE_PENDING)
    pg_doctor_say(out, PG_DOCTOR_WARNING, "sc.exe query " PG_SERVICE_NAME,
                  "it is starting or stopping");
  else if (service->exit_code != 0)
    pg_doctor_say(out, PG_DOCTOR_FAILED, client_start_hint(),
                  "it is stopped, and ended with error %lu",
                  (unsigned long)service->exit_code);
  else
    pg_doctor_say(out, PG_DOCTOR_FAILED, client_start_hint(), "it is stopped");
}

static void check_connection(const struct client_facts *facts,
                             struct pg_doctor_finding *out) {
  if (facts->connection.code != PG_OK)
    pg_doctor_say_fault(out, PG_DOCTOR_FAILED, &facts->connection, client_start_hint());
  else if (facts->over_control)
    pg_doctor_say(
        out, PG_DOCTOR_WARNING, NULL,
        "over the control pipe; what is wrong with the other one is said below");
  else
    pg_doctor_say(out, PG_DOCTOR_OK, NULL, "the service answers");
}

static void check_version(const struct client_facts *facts,
                          struct pg_doctor_finding *out) {
  const char *service = field_text(facts->version, "service");
  int64_t protocol = field_int(facts->version, "protocol", 0);
  char shown[64];
  pg_escape(shown, sizeof shown, service != NULL ? service : "");
  if (facts->connection.code != PG_OK)
    pg_doctor_say(out, PG_DOCTOR_SKIPPED, NULL, "the service could not be asked");
  else if (service == NULL)
    pg_doctor_say(out, PG_DOCTOR_UNKNOWN, "portguardctl version",
                  "the service does not tell its version");
  else if (protocol != PG_PROTOCOL_VERSION)
    pg_doctor_say(out, PG_DOCTOR_FAILED, "portguardctl version",
                  "the service speaks protocol %lld, this client %d", (long long)protocol,
                  PG_PROTOCOL_VERSION);
  else if (strcmp(service, facts->client_version) != 0)
    pg_doctor_say(out, PG_DOCTOR_WARNING, "portguardctl version",
                  "the service is %s, this client is %s: restart the service after an "
                  "upgrade, and look for a second client in PATH",
                  shown, facts->client_version);
  else
    pg_doctor_say(out, PG_DOCTOR_OK, NULL, "client and service are %s", shown);
}

typedef void check_fn(const struct client_facts *facts, struct pg_doctor_finding *out);

void client_doctor_check(const struct client_facts *facts,
                         struct pg_doctor_finding findings[PG_CHECK_COUNT]) {
  static check_fn *const checks[PG_CHECK_COUNT] = {
      [PG_CHECK_PROGRAM] = check_program, [PG_CHECK_INSTALLED] = check_installed,
      [PG_CHECK_RUNNING] = check_running, [PG_CHECK_CONNECTION] = check_connection,
      [PG_CHECK_VERSION] = check_version,
  };
  for (int i = 0; i < PG_CHECK_COUNT; i++)
    if (pg_doctor_side((enum pg_doctor_check)i) == PG_DOCTOR_CLIENT)
      checks[i](facts, &findings[i]);
}

void client_doctor_skip(const struct pg_fault *why,
                        struct pg_doctor_finding findings[PG_CHECK_COUNT]) {
  bool unknown_verb = why->code == PG_E_METHOD;
  for (int i = 0; i < PG_CHECK_COUNT; i++)
    if (pg_doctor_side((enum pg_doctor_check)i) == PG_DOCTOR_SERVICE)
      pg_doctor_say(&findings[i], PG_DOCTOR_SKIPPED, NULL, "%s",
                    unknown_verb ? "the service is too old to be asked"
                                 : "only the service can tell, and it cannot be asked");
}
