/* Stands in for httpapi.dll, whose HttpQueryServiceConfiguration is a stub in Wine.
 * Only the service loads it (the harness sees to that); programs that register URLs
 * keep Wine's own. Answers from where Windows keeps the configuration, below
 * HKLM\SYSTEM\CurrentControlSet\Services\HTTP\Parameters:
 *
 *   UrlAclInfo                    value name = URL, REG_BINARY = security descriptor
 *   ListenOnlyList                REG_MULTI_SZ of addresses
 *   SslBindingInfo\<ip:port>      AppId, SslCertHash (REG_BINARY), SslCertStoreName
 *   SslSniBindingInfo\<host:port> the same
 *
 * The value "httpapi" of records.h asks for something else, of reservations only when
 * it ends in "-acl":
 *
 *   denied    ERROR_ACCESS_DENIED
 *   grow      every buffer is too small, for ever
 *   changing  the first record is another one each time */
#define HTTPAPI_LINKAGE __declspec(dllexport)
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <http.h>
#include <sddl.h>

#include <stddef.h>
#include <wchar.h>

#include "tests/doubles/records.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define PARAMETERS L"SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters"
#define NAME_CHARS 16384
#define SNI_CERTIFICATES 5 /* HttpServiceConfigSslSniCertInfo, not in every http.h */

struct sni_set {
  struct {
    SOCKADDR_STORAGE endpoint;
    PWSTR host;
  } key;
  HTTP_SERVICE_CONFIG_SSL_PARAM param;
};

/* --- records: a fixed part, and behind it what it points to --- */

struct record {
  BYTE *at;
  ULONG room, used;
};

/* NULL where there is no room; what is needed is counted all the same. */
static void *put(struct record *record, const void *data, size_t bytes) {
  ULONG begin = (record->used + 7u) & ~7u;
  record->used = begin + (ULONG)bytes;
  if (record->used > record->room)
    return NULL;
  if (data)
    memcpy(record->at + begin, data, bytes);
  else
    memset(record->at + begin, 0, bytes);
  return record->at + begin;
}

static void *put_text(struct record *record, const wchar_t *text) {
  return put(record, text, (wcslen(text) + 1) * sizeof *text);
}

static ULONG finish(const struct record *record, PULONG needed) {
  if (needed)
    *needed = record->used;
  return record->used > record->room ? ERROR_INSUFFICIENT_BUFFER : NO_ERROR;
}

/* --- the registry --- */

static bool open_key(const wchar_t *path, HKEY *key) {
  wchar_t full[NAME_CHARS];
  _snwprintf(full, NAME_CHARS, PARAMETERS L"\\%ls", path);
  return RegOpenKeyExW(HKEY_LOCAL_MACHINE, full, 0, KEY_READ, key) == ERROR_SUCCESS;
}

static ULONG answer_reservation(DWORD token, struct record *record, PULONG needed) {
  static wchar_t url[NAME_CHARS];
  static BYTE descriptor[64 * 1024];
  DWORD chars = NAME_CHARS, bytes = sizeof descriptor;
  wchar_t *sddl = NULL;
  HKEY key = NULL;
  if (!open_key(L"UrlAclInfo", &key))
    return ERROR_FILE_NOT_FOUND;
  LONG code = RegEnumValueW(key, token, url, &chars, NULL, NULL, descriptor, &bytes);
  RegCloseKey(key);
  if (code != ERROR_SUCCESS)
    return (ULONG)code;
  HTTP_SERVICE_CONFIG_URLACL_SET *set = put(record, NULL, sizeof *set);
  void *text = put_text(record, url), *rights = NULL;
  /* Whatever else lies there is handed on as it is, so that it can be nonsense. */
  if (IsValidSecurityDescriptor(descriptor) &&
      ConvertSecurityDescriptorToStringSecurityDescriptorW(
          descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &sddl, NULL))
    rights = put_text(record, sddl);
  else
    rights = put_text(record, (const wchar_t *)descriptor);
  LocalFree(sddl);
  code = (LONG)finish(record, needed);
  if (code == NO_ERROR) {
    set->KeyDesc.pUrlPrefix = text;
    set->ParamDesc.pStringSecurityDescriptor = rights;
  }
  return (ULONG)code;
}

static bool read_address(const wchar_t *text, SOCKADDR_STORAGE *out) {
  int size = sizeof *out;
  wchar_t copy[256];
  memset(out, 0, sizeof *out);
  (void)lstrcpynW(copy, text, 256);
  return WSAStringToAddressW(copy, wcschr(text, L'.') ? AF_INET : AF_INET6, NULL,
                             (SOCKADDR *)out, &size) == 0;
}

static ULONG answer_listen_list(struct record *record, PULONG needed) {
  static wchar_t list[NAME_CHARS];
  DWORD bytes = sizeof list;
  HTTP_SERVICE_CONFIG_IP_LISTEN_QUERY *answer =
      put(record, NULL, offsetof(HTTP_SERVICE_CONFIG_IP_LISTEN_QUERY, AddrList));
  ULONG count = 0;
  if (RegGetValueW(HKEY_LOCAL_MACHINE, PARAMETERS, L"ListenOnlyList", RRF_RT_REG_MULTI_SZ,
                   NULL, list, &bytes) != ERROR_SUCCESS)
    return ERROR_FILE_NOT_FOUND;
  for (const wchar_t *at = list; *at; at += wcslen(at) + 1) {
    SOCKADDR_STORAGE address;
    if (read_address(at, &address)) {
      put(record, &address, sizeof address);
      count++;
    }
  }
  ULONG code = finish(record, needed);
  if (code == NO_ERROR)
    answer->AddrCount = count;
  return code;
}

struct binding {
  wchar_t name[256], store[256];
  BYTE hash[64];
  DWORD hash_bytes;
  GUID app;
};

static ULONG read_binding(const wchar_t *list, DWORD token, struct binding *binding) {
  DWORD chars = 256, store = sizeof binding->store, app = sizeof binding->app;
  HKEY key = NULL;
  memset(binding, 0, sizeof *binding);
  binding->hash_bytes = sizeof binding->hash;
  if (!open_key(list, &key))
    return ERROR_FILE_NOT_FOUND;
  LONG code = RegEnumKeyExW(key, token, binding->name, &chars, NULL, NULL, NULL, NULL);
  if (code == ERROR_SUCCESS) {
    const wchar_t *name = binding->name;
    RegGetValueW(key, name, L"AppId", RRF_RT_REG_BINARY, NULL, &binding->app, &app);
    RegGetValueW(key, name, L"SslCertStoreName", RRF_RT_REG_SZ, NULL, binding->store,
                 &store);
    if (RegGetValueW(key, name, L"SslCertHash", RRF_RT_REG_BINARY, NULL, binding->hash,
                     &binding->hash_bytes) != ERROR_SUCCESS)
      binding->hash_bytes = 0;
  }
  RegCloseKey(key);
  return (ULONG)code;
}

static void fill_param(struct record *record, const struct binding *binding,
                       HTTP_SERVICE_CONFIG_SSL_PARAM *out) {
  out->SslHashLength = binding->hash_bytes;
  out->pSslHash = put(record, binding->hash, binding->hash_bytes);
  out->AppId = binding->app;
  out->pSslCertStoreName = binding->store[0] ? put_text(record, binding->store) : NULL;
}

static ULONG answer_certificate(DWORD token, struct record *record, PULONG needed) {
  struct binding binding;
  HTTP_SERVICE_CONFIG_SSL_PARAM param = {0};
  SOCKADDR_STORAGE address;
  ULONG code = read_binding(L"SslBindingInfo", token, &binding);
  if (code != NO_ERROR)
    return code;
  if (!read_address(binding.name, &address))
    return ERROR_INVALID_DATA;
  HTTP_SERVICE_CONFIG_SSL_SET *set = put(record, NULL, sizeof *set);
  void *endpoint = put(record, &address, sizeof address);
  fill_param(record, &binding, &param);
  code = finish(record, needed);
  if (code == NO_ERROR) {
    set->KeyDesc.pIpPort = endpoint;
    set->ParamDesc = param;
  }
  return code;
}

static ULONG answer_sni_certificate(DWORD token, struct record *record, PULONG needed) {
  struct binding binding;
  HTTP_SERVICE_CONFIG_SSL_PARAM param = {0};
  SOCKADDR_STORAGE address = {.ss_family = AF_INET};
  ULONG code = read_binding(L"SslSniBindingInfo", token, &binding);
  if (code != NO_ERROR)
    return code;
  wchar_t *colon = wcsrchr(binding.name, L':');
  if (!colon)
    return ERROR_INVALID_DATA;
  ((struct sockaddr_in *)&address)->sin_port =
      htons((u_short)wcstoul(colon + 1, NULL, 10));
  *colon = L'\0';
  struct sni_set *set = put(record, NULL, sizeof *set);
  void *host = put_text(record, binding.name);
  fill_param(record, &binding, &param);
  code = finish(record, needed);
  if (code == NO_ERROR) {
    set->key.endpoint = address;
    set->key.host = host;
    set->param = param;
  }
  return code;
}

/* --- misbehaving --- */

static ULONG changing(struct record *record, PULONG needed) {
  static LONG calls;
  wchar_t url[64];
  HTTP_SERVICE_CONFIG_URLACL_SET *set = put(record, NULL, sizeof *set);
  _snwprintf(url, 64, L"http://+:80/changed-%ld-times/", InterlockedIncrement(&calls));
  void *text = put_text(record, url);
  ULONG code = finish(record, needed);
  if (code == NO_ERROR)
    set->KeyDesc.pUrlPrefix = text;
  return code;
}

/* False: |mode| is nothing special for this list. */
static bool misbehave(HTTP_SERVICE_CONFIG_ID id, DWORD token, struct record *record,
                      PULONG needed, ULONG *code) {
  wchar_t mode[DOUBLE_TEXT];
  DWORD bytes = sizeof mode;
  bool reservations = id == HttpServiceConfigUrlAclInfo;
  if (RegGetValueW(HKEY_LOCAL_MACHINE, DOUBLE_KEY, L"httpapi", RRF_RT_REG_SZ, NULL, mode,
                   &bytes) != ERROR_SUCCESS)
    return false;
  wchar_t *acl = wcsstr(mode, L"-acl");
  if (acl) {
    *acl = L'\0';
    if (!reservations)
      return false;
  }
  if (wcscmp(mode, L"denied") == 0) {
    *code = ERROR_ACCESS_DENIED;
  } else if (wcscmp(mode, L"grow") == 0) {
    *needed = record->room + 1;
    *code = ERROR_INSUFFICIENT_BUFFER;
  } else if (wcscmp(mode, L"changing") == 0 && reservations && token == 0) {
    *code = changing(record, needed);
  } else {
    return false;
  }
  return true;
}

/* --- the three functions that the service imports --- */

ULONG WINAPI HttpInitialize(HTTPAPI_VERSION version, ULONG flags, PVOID reserved) {
  WSADATA data;
  (void)reserved;
  if (version.HttpApiMajorVersion != 2 || flags != HTTP_INITIALIZE_CONFIG)
    return ERROR_INVALID_PARAMETER;
  return (ULONG)WSAStartup(MAKEWORD(2, 2), &data);
}

ULONG WINAPI HttpTerminate(ULONG flags, PVOID reserved) {
  (void)reserved;
  WSACleanup();
  return flags == HTTP_INITIALIZE_CONFIG ? NO_ERROR : ERROR_INVALID_PARAMETER;
}

ULONG WINAPI HttpQueryServiceConfiguration(HANDLE unused, HTTP_SERVICE_CONFIG_ID id,
                                           PVOID query, ULONG query_bytes, PVOID out,
                                           ULONG out_bytes, PULONG needed,
                                           LPOVERLAPPED overlapped) {
  struct record record = {out, out_bytes, 0};
  DWORD token = 0;
  ULONG code = NO_ERROR;
  (void)unused;
  (void)overlapped;
  /* In each kind of query the token is the last member, before what aligns it. */
  if (id == HttpServiceConfigUrlAclInfo)
    token = ((HTTP_SERVICE_CONFIG_URLACL_QUERY *)query)->dwToken;
  else if (id == HttpServiceConfigSSLCertInfo)
    token = ((HTTP_SERVICE_CONFIG_SSL_QUERY *)query)->dwToken;
  else if ((int)id == SNI_CERTIFICATES)
    memcpy(&token, (BYTE *)query + query_bytes - 8, sizeof token);
  if (misbehave(id, token, &record, needed, &code))
    return code;
  switch ((int)id) {
  case HttpServiceConfigUrlAclInfo:
    return answer_reservation(token, &record, needed);
  case HttpServiceConfigIPListenList:
    return answer_listen_list(&record, needed);
  case HttpServiceConfigSSLCertInfo:
    return answer_certificate(token, &record, needed);
  case SNI_CERTIFICATES:
    return answer_sni_certificate(token, &record, needed);
  default:
    return ERROR_INVALID_PARAMETER;
  }
}

/* --- changing the listen list --- */

static bool param_text(const HTTP_SERVICE_CONFIG_IP_LISTEN_PARAM *param, wchar_t *out) {
  DWORD chars = 64;
  return WSAAddressToStringW(param->pAddress, param->AddrLength, NULL, out, &chars) == 0;
}

/* Writes the list without |address|, and with it at the end if it is |added|. Answers
 * whether it was in it. */
static bool write_list(const wchar_t *address, bool added) {
  static wchar_t old[NAME_CHARS], list[NAME_CHARS];
  DWORD bytes = sizeof old, used = 0;
  bool found = false;
  HKEY key = NULL;
  if (RegGetValueW(HKEY_LOCAL_MACHINE, PARAMETERS, L"ListenOnlyList", RRF_RT_REG_MULTI_SZ,
                   NULL, old, &bytes) != ERROR_SUCCESS)
    old[0] = old[1] = L'\0';
  for (const wchar_t *at = old; *at; at += wcslen(at) + 1) {
    if (_wcsicmp(at, address) == 0) {
      found = true;
      continue;
    }
    (void)lstrcpynW(list + used, at, (int)(NAME_CHARS - used));
    used += (DWORD)wcslen(at) + 1;
  }
  if (added) {
    (void)lstrcpynW(list + used, address, (int)(NAME_CHARS - used));
    used += (DWORD)wcslen(address) + 1;
  }
  list[used++] = L'\0';
  if (RegCreateKeyExW(HKEY_LOCAL_MACHINE, PARAMETERS, 0, NULL, 0, KEY_SET_VALUE, NULL,
                      &key, NULL) == ERROR_SUCCESS) {
    RegSetValueExW(key, L"ListenOnlyList", 0, REG_MULTI_SZ, (const BYTE *)list,
                   used * (DWORD)sizeof *list);
    RegCloseKey(key);
  }
  return found;
}

static ULONG change_list(HTTP_SERVICE_CONFIG_ID id, PVOID config, bool add) {
  wchar_t address[64];
  if (id != HttpServiceConfigIPListenList || !param_text(config, address))
    return ERROR_INVALID_PARAMETER;
  bool found = write_list(address, add);
  if (add)
    return found ? ERROR_ALREADY_EXISTS : NO_ERROR;
  return found ? NO_ERROR : ERROR_FILE_NOT_FOUND;
}

ULONG WINAPI HttpSetServiceConfiguration(HANDLE unused, HTTP_SERVICE_CONFIG_ID id,
                                         PVOID config, ULONG bytes,
                                         LPOVERLAPPED overlapped) {
  (void)unused, (void)bytes, (void)overlapped;
  return change_list(id, config, true);
}

ULONG WINAPI HttpDeleteServiceConfiguration(HANDLE unused, HTTP_SERVICE_CONFIG_ID id,
                                            PVOID config, ULONG bytes,
                                            LPOVERLAPPED overlapped) {
  (void)unused, (void)bytes, (void)overlapped;
  return change_list(id, config, false);
}
