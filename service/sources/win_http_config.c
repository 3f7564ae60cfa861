#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <http.h>

#include "service/sources/win_http_config.h"

#include "common/limits.h"
#include "common/text.h"
#include "common/win_error.h"
#include "common/win_utf.h"
#include "service/sources/http_config.h"
#include "service/sources/win_services.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static_assert(HTTP_CONFIG_MISSING == ERROR_FILE_NOT_FOUND, "Windows' own numbers");
static_assert(HTTP_CONFIG_SMALL == ERROR_INSUFFICIENT_BUFFER, "Windows' own numbers");
static_assert(HTTP_CONFIG_MORE_DATA == ERROR_MORE_DATA, "Windows' own numbers");
static_assert(HTTP_CONFIG_END == ERROR_NO_MORE_ITEMS, "Windows' own numbers");

/* Bindings by host name, of Windows 8 and later: not in every http.h, so under names
 * of our own. They are HttpServiceConfigSslSniCertInfo, and
 * HTTP_SERVICE_CONFIG_SSL_SNI_KEY, _SET and _QUERY, of Microsoft's documentation. */
#define SNI_CERTIFICATES ((HTTP_SERVICE_CONFIG_ID)5)

struct sni_key {
  SOCKADDR_STORAGE endpoint; /* only its port means something */
  PWSTR host;
};
struct sni_set {
  struct sni_key key;
  HTTP_SERVICE_CONFIG_SSL_PARAM param;
};
struct sni_query {
  HTTP_SERVICE_CONFIG_QUERY_TYPE type;
  struct sni_key key;
  DWORD token;
};

/* --- asking --- */

static uint32_t query(HTTP_SERVICE_CONFIG_ID id, void *question, size_t question_size,
                      void *buffer, uint32_t size, uint32_t *needed) {
  ULONG length = 0;
  ULONG code = HttpQueryServiceConfiguration(NULL, id, question, (ULONG)question_size,
                                             buffer, size, &length, NULL);
  *needed = length;
  return code;
}

static uint32_t query_reservation(uint32_t token, void *buffer, uint32_t size,
                                  uint32_t *needed) {
  HTTP_SERVICE_CONFIG_URLACL_QUERY question = {.QueryDesc = HttpServiceConfigQueryNext,
                                               .dwToken = token};
  return query(HttpServiceConfigUrlAclInfo, &question, sizeof question, buffer, size,
               needed);
}

static uint32_t query_listen_list(uint32_t token, void *buffer, uint32_t size,
                                  uint32_t *needed) {
  (void)token;
  return query(HttpServiceConfigIPListenList, NULL, 0, buffer, size, needed);
}

static uint32_t query_certificate(uint32_t token, void *buffer, uint32_t size,
                                  uint32_t *needed) {
  HTTP_SERVICE_CONFIG_SSL_QUERY question = {.QueryDesc = HttpServiceConfigQueryNext,
                                            .dwToken = token};
  return query(HttpServiceConfigSSLCertInfo, &question, sizeof question, buffer, size,
               needed);
}

static uint32_t query_sni_certificate(uint32_t token, void *buffer, uint32_t size,
                                      uint32_t *needed) {
  struct sni_query question = {.type = HttpServiceConfigQueryNext, .token = token};
  return query(SNI_CERTIFICATES, &question, sizeof question, buffer, size, needed);
}

/* --- records --- */

static bool decode_reservation(const void *buffer, uint32_t size,
                               struct http_records *records) {
  const HTTP_SERVICE_CONFIG_URLACL_SET *set = buffer;
  const wchar_t *sddl = set->ParamDesc.pStringSecurityDescriptor;
  (void)size;
  if (!set->KeyDesc.pUrlPrefix)
    return true;
  char *url = win_utf8(set->KeyDesc.pUrlPrefix);
  char *rights = sddl ? win_utf8(sddl) : NULL;
  struct http_record record = {.key = url, .values = {rights}};
  bool ok = url && (rights || !sddl) && http_records_add(records, &record);
  free(url);
  free(rights);
  return ok;
}

/* False: neither IPv4 nor IPv6. */
static bool read_sockaddr(const void *from, struct pg_address *address, uint16_t *port) {
  const struct sockaddr_in *v4 = from;
  const struct sockaddr_in6 *v6 = from;
  memset(address, 0, sizeof *address);
  if (v4->sin_family == AF_INET) {
    address->family = PG_IPV4;
    memcpy(address->bytes, &v4->sin_addr, 4);
    *port = ntohs(v4->sin_port);
    return true;
  }
  if (v4->sin_family != AF_INET6)
    return false;
  address->family = PG_IPV6;
  address->scope = v6->sin6_scope_id;
  memcpy(address->bytes, &v6->sin6_addr, 16);
  *port = ntohs(v6->sin6_port);
  return true;
}

/* A count is believed only as far as the buffer goes. */
static bool decode_listen_list(const void *buffer, uint32_t size,
                               struct http_records *records) {
  const HTTP_SERVICE_CONFIG_IP_LISTEN_QUERY *list = buffer;
  size_t room = (size - offsetof(HTTP_SERVICE_CONFIG_IP_LISTEN_QUERY, AddrList)) /
                sizeof list->AddrList[0];
  char text[PG_ENDPOINT_CHARS];
  struct http_record record = {.key = text};
  struct pg_address address;
  uint16_t port = 0;
  bool ok = true;
  for (size_t i = 0; ok && i < list->AddrCount && i < room; i++) {
    if (!read_sockaddr(&list->AddrList[i], &address, &port))
      continue;
    pg_address_format(&address, text, sizeof text);
    ok = http_records_add(records, &record);
  }
  return ok;
}

#define HASH_CHARS (2 * 64 + 1) /* SHA-512 is the longest that anybody uses */

static void write_hash(char *out, const HTTP_SERVICE_CONFIG_SSL_PARAM *param) {
  const BYTE *bytes = param->pSslHash;
  size_t count = bytes ? param->SslHashLength : 0;
  out[0] = '\0';
  for (size_t i = 0; i < count && i < HASH_CHARS / 2; i++)
    snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

#define GUID_CHARS 40

/* "" for a binding that no application is named for. */
static void write_guid(char *out, const GUID *id) {
  static const GUID none;
  const unsigned char *rest = id->Data4;
  out[0] = '\0';
  if (memcmp(id, &none, sizeof none) != 0)
    snprintf(out, GUID_CHARS, "{%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}",
             (unsigned long)id->Data1, id->Data2, id->Data3, rest[0], rest[1], rest[2],
             rest[3], rest[4], rest[5], rest[6], rest[7]);
}

static bool add_certificate(const char *endpoint,
                            const HTTP_SERVICE_CONFIG_SSL_PARAM *param,
                            struct http_records *records) {
  char hash[HASH_CHARS], app[GUID_CHARS];
  char *store = param->pSslCertStoreName ? win_utf8(param->pSslCertStoreName) : NULL;
  write_hash(hash, param);
  write_guid(app, &param->AppId);
  struct http_record record = {endpoint,
                               {hash[0] ? hash : NULL, store, app[0] ? app : NULL}};
  bool ok = (store || !param->pSslCertStoreName) && http_records_add(records, &record);
  free(store);
  return ok;
}

static bool decode_certificate(const void *buffer, uint32_t size,
                               struct http_records *records) {
  const HTTP_SERVICE_CONFIG_SSL_SET *set = buffer;
  char endpoint[PG_ENDPOINT_CHARS];
  struct pg_address address;
  uint16_t port = 0;
  (void)size;
  if (!set->KeyDesc.pIpPort || !read_sockaddr(set->KeyDesc.pIpPort, &address, &port))
    return true;
  pg_endpoint_format(&address, port, endpoint, sizeof endpoint);
  return add_certificate(endpoint, &set->ParamDesc, records);
}

static bool decode_sni_certificate(const void *buffer, uint32_t size,
                                   struct http_records *records) {
  const struct sni_set *set = buffer;
  struct pg_text endpoint;
  struct pg_address address;
  uint16_t port = 0;
  (void)size;
  if (!set->key.host || !read_sockaddr(&set->key.endpoint, &address, &port))
    return true;
  char *host = win_utf8(set->key.host);
  pg_text_init(&endpoint, PG_HTTP_RECORD_MAX);
  pg_text_printf(&endpoint, "%s:%u", host ? host : "", port);
  bool ok = host && !endpoint.failed &&
            add_certificate(pg_text_str(&endpoint), &set->param, records);
  pg_text_free(&endpoint);
  free(host);
  return ok;
}

/* --- the three sources --- */

static const struct http_list reservations[] = {
    {false, query_reservation, decode_reservation}};
static const struct http_list listen_list[] = {
    {true, query_listen_list, decode_listen_list}};
static const struct http_list certificates[] = {
    {false, query_certificate, decode_certificate},
    {false, query_sni_certificate, decode_sni_certificate}};

static const char *query_words(char *out, size_t size, uint32_t code) {
  return win_error(out, size, "HttpQueryServiceConfiguration", code);
}

static enum pg_error read_all(struct pg_snapshot *snapshot, int64_t now) {
  enum pg_error error = http_config_add(snapshot, PG_SOURCE_RESERVATIONS, reservations, 1,
                                        query_words, now);
  if (!error)
    error = http_config_add(snapshot, PG_SOURCE_LISTEN_LIST, listen_list, 1, query_words,
                            now);
  if (!error)
    error = http_config_add(snapshot, PG_SOURCE_CERTIFICATES, certificates, 2,
                            query_words, now);
  return error;
}

static void fail_all(struct pg_snapshot *snapshot, int64_t now, const char *why) {
  snapshot_source_failed(snapshot, PG_SOURCE_RESERVATIONS, now, why);
  snapshot_source_failed(snapshot, PG_SOURCE_LISTEN_LIST, now, why);
  snapshot_source_failed(snapshot, PG_SOURCE_CERTIFICATES, now, why);
}

enum pg_error win_http_config_add(struct pg_snapshot *snapshot, int64_t now) {
  HTTPAPI_VERSION version = HTTPAPI_VERSION_2;
  char words[WIN_ERROR_CHARS];
  bool told = false;
  bool runs = win_service_runs(L"HTTP", &told, words, sizeof words);
  if (!told)
    fail_all(snapshot, now, words);
  if (!runs)
    return PG_OK;
  ULONG code = HttpInitialize(version, HTTP_INITIALIZE_CONFIG, NULL);
  if (code != NO_ERROR) {
    fail_all(snapshot, now, win_error(words, sizeof words, "HttpInitialize", code));
    return PG_OK;
  }
  enum pg_error error = read_all(snapshot, now);
  HttpTerminate(HTTP_INITIALIZE_CONFIG, NULL);
  return error;
}
