/* What people call the things that hold ports, beside their Windows names. */
#include "common/text.h"
#include "service/explain/internal.h"

#include <string.h>

const char *explain_known_driver(uint16_t port) {
  static const struct {
    uint16_t port;
    const char *known_as;
  } drivers[] = {
      {139, "Windows file sharing (NetBIOS session service)"},
      {445, "Windows file sharing (SMB)"},
  };
  for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++)
    if (drivers[i].port == port)
      return drivers[i].known_as;
  return NULL;
}

static const char *known_by_name(const char *name, size_t len) {
  static const struct {
    const char *service, *known_as;
  } services[] = {
      {"W3SVC", "Internet Information Services"},
      {"WAS", "Internet Information Services"},
      {"WMSvc", "IIS remote management"},
      {"MsDepSvc", "Web Deployment Agent"},
      {"SQLServerReportingServices", "SQL Server Reporting Services"},
      {"ReportServer", "SQL Server Reporting Services"},
      {"PowerBIReportServer", "Power BI Report Server"},
      {"PeerDistSvc", "BranchCache"},
      {"SyncShareSvc", "Work Folders"},
      {"WinRM", "Windows Remote Management"},
      {"Wecsvc", "Windows event collector"},
      {"SSDPSRV", "UPnP discovery"},
      {"upnphost", "UPnP device host"},
      {"fdPHost", "network discovery (WSD)"},
      {"FDResPub", "network discovery (WSD)"},
      {"Spooler", "printing"},
      {"WMPNetworkSvc", "Windows Media Player sharing"},
      {"TermService", "Remote Desktop"},
      {"SstpSvc", "SSTP VPN"},
      {"iphlpsvc", "IP-HTTPS and port proxies"},
      {"vmms", "Hyper-V"},
      {"NcHostAgent", "SDN host agent"},
      {"TSGateway", "Remote Desktop Gateway"},
      {"KPSSVC", "KDC proxy"},
      {"adfssrv", "AD FS"},
      {"appproxysvc", "Web Application Proxy"},
      {"BrokerAgent", "Citrix desktop agent"},
  };
  for (size_t i = 0; i < sizeof services / sizeof *services; i++)
    if (strlen(services[i].service) == len &&
        pg_casecmp_n(services[i].service, name, len) == 0)
      return services[i].known_as;
  return NULL;
}

/* Further instances of a service carry their own name behind a '$'. */
const char *explain_known_service(const char *name) {
  return known_by_name(name, strcspn(name, "$"));
}
