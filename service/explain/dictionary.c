/* The dictionary. To extend it, add an entry to the table: the names that `sc.exe query`
 * shows, what people call the service, its class of advice and the advice itself. List
 * its ports only when it never uses others: a port that is missing here rules the
 * service out. A path is matched from its start, without regard to case; one that
 * does not end with '/' must end there, or go on with '/' or '_'. */
#include "service/explain/dictionary.h"

#include "common/text.h"

#include <stddef.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct dictionary_entry entries[] = {
    {.services = {"W3SVC", "WAS"},
     .known_as = "Internet Information Services",
     .advice = ADVICE_CAUTION,
     .words = "fine to stop on a workstation; on Exchange, SharePoint, WSUS and Remote "
              "Desktop Web servers change the binding instead",
     .change = "Give the sites of IIS another port",
     .cost = "whoever uses the sites must be told the new port",
     .tool = "inetmgr"},
    {.services = {"MsDepSvc"},
     .known_as = "Web Deployment Agent",
     .advice = ADVICE_SAFE,
     .words = "a developer tool, safe to stop",
     .ports = {80},
     .paths = {"/MSDEPLOYAGENTSERVICE/"}},
    {.services = {"SQLServerReportingServices", "ReportServer"},
     .known_as = "SQL Server Reporting Services",
     .advice = ADVICE_CAUTION,
     .words = "reports are not served while it is stopped; change its port in Report "
              "Server Configuration Manager instead",
     .paths = {"/ReportServer", "/Reports"},
     .change = "Change the web service URL in Report Server Configuration Manager",
     .cost = "whoever uses the reports must be told the new address"},
    {.services = {"PowerBIReportServer"},
     .known_as = "Power BI Report Server",
     .advice = ADVICE_CAUTION,
     .words = "reports are not served while it is stopped; change its port in Report "
              "Server Configuration Manager instead",
     .change = "Change the web service URL in Report Server Configuration Manager",
     .cost = "whoever uses the reports must be told the new address"},
    {.services = {"PeerDistSvc"},
     .known_as = "BranchCache",
     .advice = ADVICE_SAFE,
     .words = "safe to stop at home; it comes back unless it is disabled",
     .ports = {80, 443},
     .paths = {"/116B50EB-ECE2-41AC-8429-9F9E963361B7/",
               "/0131501b-d67f-491b-9a40-c4bf27bcb4d4/"}},
    {.services = {"SyncShareSvc"},
     .known_as = "Work Folders",
     .advice = ADVICE_LEAVE,
     .words = "a server role: leave it",
     .ports = {80, 443}},
    {.services = {"WinRM"},
     .known_as = "Windows Remote Management",
     .advice = ADVICE_CAUTION,
     .words = "stopping it breaks remoting, and it is rarely the problem",
     .ports = {5985, 5986, 47001},
     .paths = {"/wsman/"}},
    {.services = {"Wecsvc"},
     .known_as = "Windows event collector",
     .advice = ADVICE_LEAVE,
     .words = "events of other machines are not collected while it is stopped: leave it",
     .ports = {5985, 5986}},
    {.services = {"SSDPSRV"},
     .known_as = "UPnP discovery",
     .advice = ADVICE_SAFE,
     .words = "safe to stop at home",
     .ports = {2869}},
    {.services = {"upnphost"},
     .known_as = "UPnP device host",
     .advice = ADVICE_SAFE,
     .words = "safe to stop at home",
     .ports = {2869}},
    {.services = {"fdPHost", "FDResPub"},
     .known_as = "network discovery (WSD)",
     .advice = ADVICE_LEAVE,
     .words = "this machine is not found in the network while it is stopped: leave it",
     .ports = {5357, 5358}},
    {.services = {"Spooler"},
     .known_as = "printing",
     .advice = ADVICE_LEAVE,
     .words = "nothing prints while it is stopped: never stop it for a port",
     .ports = {5357, 5358}},
    {.services = {"WMPNetworkSvc"},
     .known_as = "Windows Media Player sharing",
     .advice = ADVICE_SAFE,
     .words = "safe to stop: media is not shared meanwhile",
     .ports = {10243, 10245, 10246, 10247},
     .paths = {"/WMPNSSv4/"}},
    {.services = {"TermService"},
     .known_as = "Remote Desktop",
     .advice = ADVICE_LEAVE,
     .words = "stopping it ends remote sessions: leave it",
     .ports = {3387, 3389, 3392},
     .paths = {"/rdp/"}},
    {.services = {"SstpSvc"},
     .known_as = "SSTP VPN",
     .advice = ADVICE_CAUTION,
     .words = "needed for VPN over HTTPS",
     .ports = {443},
     .paths = {"/sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/"}},
    {.services = {"iphlpsvc"},
     .known_as = "IP-HTTPS and port proxies",
     .advice = ADVICE_LEAVE,
     .words = "delete the port proxy rule where there is one, and keep the service",
     .paths = {"/IPHTTPS"}},
    {.services = {"vmms"},
     .known_as = "Hyper-V Replica",
     .advice = ADVICE_LEAVE,
     .words = "it runs the virtual machines; switch the replica listener off instead",
     .ports = {80, 443},
     .paths = {"/HVRROOT"},
     .change = "Switch the replica listener off in Hyper-V Manager",
     .tool = "virtmgmt.msc",
     .cost = "this host takes no replicas of virtual machines any more"},
    {.services = {"WMSvc"},
     .known_as = "IIS remote management",
     .advice = ADVICE_SAFE,
     .words = "safe to stop when IIS is not managed from other machines",
     .ports = {8172}},
    {.services = {"NcHostAgent"},
     .known_as = "SDN host agent",
     .advice = ADVICE_LEAVE,
     .words = "the network controller reaches this host through it: leave it",
     .ports = {443},
     .paths = {"/HOSTAGENT/"}},
    {.services = {"TSGateway"},
     .known_as = "Remote Desktop Gateway",
     .advice = ADVICE_LEAVE,
     .words = "a server role: leave it",
     .ports = {443}},
    {.services = {"KPSSVC"},
     .known_as = "KDC proxy",
     .advice = ADVICE_LEAVE,
     .words = "a server role: leave it",
     .ports = {443}},
    {.services = {"adfssrv"},
     .known_as = "AD FS",
     .advice = ADVICE_LEAVE,
     .words = "a server role: leave it",
     .ports = {443}},
    {.services = {"appproxysvc"},
     .known_as = "Web Application Proxy",
     .advice = ADVICE_LEAVE,
     .words = "a server role: leave it",
     .ports = {443}},
    {.services = {"BrokerAgent"},
     .known_as = "Citrix desktop agent",
     .advice = ADVICE_CAUTION,
     .words = "desktops cannot be reached while it is stopped; change its port in the "
              "vendor's own tool instead",
     .ports = {80},
     .change = "Change the port of the Citrix agent in the vendor's own tool",
     .cost = "the controllers must use the same port"},
    {.known_as = "WCF temporary addresses",
     .advice = ADVICE_LEAVE,
     .words = "any .NET program may use these addresses: there is no service to stop",
     .paths = {"/Temporary_Listen_Addresses/"}},
};

const char *advice_class_name(enum advice_class advice) {
  static const char *const names[] = {
#define X(name, text) text,
      PG_ADVICE_LIST(X)
#undef X
  };
  return names[advice];
}

static bool has_service(const struct dictionary_entry *entry, const char *name,
                        size_t len) {
  for (size_t i = 0; i < COUNT(entry->services) && entry->services[i] != NULL; i++)
    if (pg_casecmp_n(entry->services[i], name, len) == 0 &&
        entry->services[i][len] == '\0')
      return true;
  return false;
}

const struct dictionary_entry *dictionary_of_service(const char *name) {
  size_t len = strcspn(name, "$");
  for (size_t i = 0; len > 0 && i < COUNT(entries); i++)
    if (has_service(&entries[i], name, len))
      return &entries[i];
  return NULL;
}

/* Behind "scheme://host:port:ip", or NULL. */
static const char *path_of(const char *url) {
  const char *host = strstr(url, "://");
  return host != NULL ? strchr(host + 3, '/') : NULL;
}

static bool path_fits(const char *path, const char *wanted) {
  size_t len = strlen(wanted);
  if (pg_casecmp_n(path, wanted, len) != 0)
    return false;
  return wanted[len - 1] == '/' || path[len] == '\0' || path[len] == '/' ||
         path[len] == '_';
}

bool dictionary_has_url(const struct dictionary_entry *entry, const char *url) {
  const char *path = path_of(url);
  for (size_t i = 0; path != NULL && i < COUNT(entry->paths); i++)
    if (entry->paths[i] != NULL && path_fits(path, entry->paths[i]))
      return true;
  return false;
}

const struct dictionary_entry *dictionary_of_url(const char *url) {
  for (size_t i = 0; i < COUNT(entries); i++)
    if (dictionary_has_url(&entries[i], url))
      return &entries[i];
  return NULL;
}

bool dictionary_has_port(const struct dictionary_entry *entry, uint16_t port) {
  for (size_t i = 0; i < COUNT(entry->ports) && entry->ports[i] != 0; i++)
    if (entry->ports[i] == port)
      return true;
  return false;
}

bool dictionary_any_port(const struct dictionary_entry *entry) {
  return entry->ports[0] == 0;
}

const char *explain_known_driver(uint16_t port) {
  static const struct {
    uint16_t port;
    const char *known_as;
  } drivers[] = {
      {139, "Windows file sharing (NetBIOS session service)"},
      {445, "Windows file sharing (SMB)"},
  };
  for (size_t i = 0; i < COUNT(drivers); i++)
    if (drivers[i].port == port)
      return drivers[i].known_as;
  return NULL;
}
