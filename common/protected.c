#include "common/protected.h"

#include "common/protocol.h"
#include "common/text.h"

#include <stddef.h>

static const char *const protected_services[] = {
    "HTTP",
    "RpcSs",
    "RpcEptMapper",
    "DcomLaunch",
    "EventLog",
    "LSM",
    "SamSs",
    "Winmgmt",
    "PlugPlay",
    "Power",
    "ProfSvc",
    "Schedule",
    "BFE",
    "mpssvc",
    "Dnscache",
    "Dhcp",
    "nsi",
    "gpsvc",
    "Netlogon",
    "NTDS",
    "Kdc",
    "DNS",
    "LanmanServer",
    "WinDefend",
    "ClusSvc",
    "CryptSvc",
    "Spooler",
    "LanmanWorkstation",
    "TrustedInstaller",
    PG_SERVICE_NAME,
};

bool pg_service_is_protected(const char *name) {
  size_t count = sizeof protected_services / sizeof *protected_services;
  for (size_t i = 0; i < count; i++)
    if (pg_case_equal(name, protected_services[i]))
      return true;
  return false;
}
