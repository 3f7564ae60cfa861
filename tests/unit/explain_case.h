/* Machines for tests of explain, written as captures. */
#ifndef PG_EXPLAIN_CASE_H
#define PG_EXPLAIN_CASE_H

#include "service/explain/explain.h"

#define CASE(tcp, rest) "{\"portguard_capture\":1,\"tcp\":[" tcp "]" rest "}"
#define LISTEN_WITH(family, address, port, pid, more)                                  \
  "{\"family\":\"" family "\",\"local_address\":\"" address "\",\"local_port\":" #port \
  ",\"state\":\"listen\",\"pid\":" #pid more "}"
#define LISTEN(address, port, pid) LISTEN_WITH("ipv4", address, port, pid, "")
#define LISTEN6(address, port, pid) LISTEN_WITH("ipv6", address, port, pid, "")
#define TAGGED(port, pid, tag) \
  LISTEN_WITH("ipv4", "0.0.0.0", port, pid, ",\"service_tag\":" #tag)
#define SINCE(port, pid, time) \
  LISTEN_WITH("ipv4", "0.0.0.0", port, pid, ",\"created_at\":\"" time "\"")

#define PROCESSES(rows) ",\"processes\":[" rows "]"
#define PROCESS(pid, name) "{\"pid\":" #pid ",\"name\":\"" name "\"}"
/* |folder| as in JSON: "C:\\\\Windows\\\\". */
#define PROCESS_IN(folder, pid, name) \
  "{\"pid\":" #pid ",\"name\":\"" name "\",\"path\":\"" folder name "\"}"
#define STARTED(pid, name, time) \
  "{\"pid\":" #pid ",\"name\":\"" name "\",\"started_at\":\"" time "\"}"

#define SERVICES(rows) ",\"services\":[" rows "]"
/* |needs|: names in quotes, with commas, or "". */
#define SERVICE_IN(state, name, pid, needs)                      \
  "{\"name\":\"" name "\",\"state\":\"" state "\",\"pid\":" #pid \
  ",\"depends_on\":[" needs "]}"
#define SERVICE(name, pid, needs) SERVICE_IN("running", name, pid, needs)
/* |more|: further members, each with its comma before it. */
#define SERVICE_STARTS(name, pid, state, start, more)            \
  "{\"name\":\"" name "\",\"state\":\"" state "\",\"pid\":" #pid \
  ",\"start_type\":\"" start "\"" more "}"
#define TAGS(rows) ",\"service_tags\":[" rows "]"
#define TAG(pid, tag, service) \
  "{\"pid\":" #pid ",\"tag\":" #tag ",\"service\":\"" service "\"}"
#define FAILED(source) ",\"source_errors\":{\"" source "\":\"it was refused\"}"

/* More of "http" goes behind the text, or stands alone in HTTP_CONFIG. */
#define HTTP_AND(queues, more) \
  ",\"http\":{\"service_state_text\":\"Title\\n-----\\n\\n" queues "\"," more "}"
#define HTTP_CONFIG(members) ",\"http\":{" members "}"
#define RESERVATIONS(rows) "\"url_reservations\":[" rows "]"
#define RESERVATION(url) "{\"url\":\"" url "\",\"sddl\":\"D:(A;;GX;;;WD)\"}"
/* |addresses|: in quotes, with commas. */
#define LISTEN_LIST(addresses) "\"ip_listen_list\":[" addresses "]"

/* |rows|: of RANGE and STARRED, without commas. */
#define RANGE_TABLE(rows) \
  "\"Start Port    End Port\\n----------    --------\\n" rows "\\n\""
#define RANGES(ipv4, ipv6)                                 \
  ",\"excluded_port_ranges_text\":{\"ipv4\":" RANGE_TABLE( \
      ipv4) ",\"ipv6\":" RANGE_TABLE(ipv6) "}"
#define RANGE(first, last) "      " #first "        " #last "\\n"
#define STARRED(first, last) "      " #first "        " #last "     *\\n"
#define NO_RANGES RANGES("", "")

#define PROXIES(rows) ",\"port_proxies\":[" rows "]"
#define PROXY(kind, address, port, to, to_port)                                      \
  "{\"kind\":\"" kind "\",\"listen_address\":\"" address "\",\"listen_port\":" #port \
  ",\"connect_address\":\"" to "\",\"connect_port\":" #to_port "}"
#define CONNECTIONS(rows) ",\"connections\":[" rows "]"
#define CONNECTION(address, port, state, pid)                                    \
  "{\"family\":\"ipv4\",\"local_address\":\"" address "\",\"local_port\":" #port \
  ",\"state\":\"" state "\",\"pid\":" #pid "}"

/* netsh's text. |counts| are the lines of a queue that count its processes. */
#define HTTP(queues) \
  ",\"http\":{\"service_state_text\":\"Title\\n-----\\n\\n" queues "\"}"
#define QUEUE_OF(name, counts, pids, url)                                                \
  "Request queue name: " name "\\n    Version: 2.0\\n" counts "    Process IDs:\\n" pids \
  "    URL groups:\\n    URL group ID: FE00000040000001\\n        State: Active\\n"      \
  "        Number of registered URLs: 1\\n        Registered URLs:\\n            " url   \
  "\\n\\n"
#define ATTACHED(count) "    Number of active processes attached: " #count "\\n"
#define CONTROLLED(pid) "    Controller process ID: " #pid "\\n"
#define ITEM(pid) "        " #pid "\\n"
#define QUEUE(name, pid, url) QUEUE_OF(name, ATTACHED(1), ITEM(pid), url)

/* What narrowing the IP listen list costs, as the fix for port 80 says it. */
#define CASE_NARROW                                                                   \
  "on every port its services then answer on the listed addresses only, and setting " \
  "up WinRM fails; they may have to be started again first: look with portguardctl "  \
  "status 80"

/* A snapshot of the capture |json|, attributed after |previous| (NULL: nothing was
 * reported yet). Fails the test when it is no capture. The caller unrefs it. */
struct pg_snapshot *case_after(const char *json, const struct pg_snapshot *previous,
                               bool http_expected, int64_t now_mono);
/* The same, with nothing before it. */
struct pg_snapshot *case_of(const char *json);
/* From tests/fixtures/captures/<name>.json. */
struct pg_snapshot *case_from_file(const char *name);

/* The only holder of |port|; fails the test when there are more or none. */
const struct pg_holder *case_holder(const struct pg_snapshot *snapshot, uint16_t port);
/* The result object of `status`, to free with pg_text_free. */
void case_status(const struct pg_snapshot *snapshot, uint16_t port, struct pg_text *out);
/* Its |member| as a tree; the caller deletes |*tree|. */
const cJSON *case_member(const struct pg_snapshot *snapshot, uint16_t port,
                         const char *member, cJSON **tree);
/* The |member| is an array of these texts, one per line. */
void case_check_texts(const struct pg_snapshot *snapshot, uint16_t port,
                      const char *member, const char *expected);
/* The first of the holders has this |member|, as JSON without blanks; NULL: none. */
void case_check_holder(const struct pg_snapshot *snapshot, uint16_t port,
                       const char *member, const char *expected);
void case_check_summary(const struct pg_snapshot *snapshot, uint16_t port,
                        const char *expected);
/* Every fix of |port| on the machine |json| in short, one per line: kind, what to type,
 * "frees" or "helps", caution. */
void case_check_fixes(const char *json, uint16_t port, const char *expected);

#endif
