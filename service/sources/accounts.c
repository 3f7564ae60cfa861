#include "service/sources/accounts.h"

#include "common/limits.h"
#include "common/sort.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

#define RIGHT_WRITE 0x40000000u   /* GW: may delegate */
#define RIGHT_EXECUTE 0x20000000u /* GX: may register */
#define RIGHT_ALL 0x10000000u     /* GA: both */

/* Two letters of the SDDL language, the SID they stand for (NULL: one that depends
 * on the domain), and the name. The letters are in winnt's sddl.h, the SIDs in
 * "Well-known SIDs" of Microsoft's documentation. */
static const struct {
  const char *letters, *sid, *name;
} known[] = {
    {"WD", "S-1-1-0", "Everyone"},
    {"CO", "S-1-3-0", "CREATOR OWNER"},
    {"NU", "S-1-5-2", "NETWORK"},
    {"IU", "S-1-5-4", "INTERACTIVE"},
    {"SU", "S-1-5-6", "SERVICE"},
    {"AN", "S-1-5-7", "ANONYMOUS LOGON"},
    {"AU", "S-1-5-11", "Authenticated Users"},
    {"SY", "S-1-5-18", "SYSTEM"},
    {"LS", "S-1-5-19", "LOCAL SERVICE"},
    {"NS", "S-1-5-20", "NETWORK SERVICE"},
    {"BA", "S-1-5-32-544", "Administrators"},
    {"BU", "S-1-5-32-545", "Users"},
    {"BG", "S-1-5-32-546", "Guests"},
    {"PU", "S-1-5-32-547", "Power Users"},
    {"RD", "S-1-5-32-555", "Remote Desktop Users"},
    {"NO", "S-1-5-32-556", "Network Configuration Operators"},
    {"MU", "S-1-5-32-558", "Performance Monitor Users"},
    {"LU", "S-1-5-32-559", "Performance Log Users"},
    {"IS", "S-1-5-32-568", "IIS_IUSRS"},
    {"AC", "S-1-15-2-1", "ALL APPLICATION PACKAGES"},
    {"DA", NULL, "Domain Admins"},
    {"DU", NULL, "Domain Users"},
    {"DC", NULL, "Domain Computers"},
    {"EA", NULL, "Enterprise Admins"},
    {"LA", NULL, "the local Administrator"},
    {"LG", NULL, "the local Guest"},
};
#define KNOWN (sizeof known / sizeof *known)

const char *account_well_known(const char *sid) {
  for (size_t i = 0; i < KNOWN; i++)
    if (strcmp(known[i].sid != NULL ? known[i].sid : known[i].letters, sid) == 0)
      return known[i].name;
  return NULL;
}

/* --- the SDDL --- */

/* A part of an entry, between two of ( ; ). */
struct field {
  const char *at;
  size_t len;
};

#define FIELDS 6 /* type;flags;rights;object;inherited object;SID */
enum { FIELD_TYPE = 0, FIELD_RIGHTS = 2, FIELD_SID = 5 };

static bool is(const struct field *field, const char *word) {
  return field->len == strlen(word) && memcmp(field->at, word, field->len) == 0;
}

/* "GXGW" or "0x60000000"; only the generic rights matter to HTTP.sys. */
static bool may_register(const struct field *rights) {
  if (rights->len > 2 && rights->at[0] == '0' &&
      (rights->at[1] == 'x' || rights->at[1] == 'X')) {
    char digits[12] = "";
    if (rights->len >= sizeof digits)
      return false;
    memcpy(digits, rights->at, rights->len);
    return (strtoul(digits, NULL, 16) & (RIGHT_ALL | RIGHT_WRITE | RIGHT_EXECUTE)) != 0;
  }
  for (size_t i = 0; i + 1 < rights->len; i += 2)
    if (rights->at[i] == 'G' && strchr("XWA", rights->at[i + 1]) != NULL)
      return true;
  return false;
}

static bool is_sid(const struct field *field) {
  if (field->len < 5 || memcmp(field->at, "S-1-", 4) != 0)
    return false;
  for (size_t i = 4; i < field->len; i++)
    if (strchr("0123456789-xABCDEFabcdef", field->at[i]) == NULL)
      return false;
  return true;
}

/* The SID of an entry; two letters become it where they can. False: neither. */
static bool read_sid(const struct field *field, char *sid, size_t size) {
  for (size_t i = 0; i < KNOWN; i++)
    if (is(field, known[i].letters))
      return pg_copy(sid, size, known[i].sid != NULL ? known[i].sid : known[i].letters);
  if (!is_sid(field) || field->len >= size)
    return false;
  memcpy(sid, field->at, field->len);
  sid[field->len] = '\0';
  return true;
}

/* "(A;;GX;;;WD)": fills the fields and returns what is behind it; NULL: broken. */
static const char *read_entry(const char *at, struct field fields[FIELDS]) {
  at++;
  for (size_t i = 0; i < FIELDS; i++) {
    fields[i] = (struct field){at, strcspn(at, ";()")};
    at += fields[i].len;
    if (*at++ != (i + 1 < FIELDS ? ';' : ')'))
      return NULL;
  }
  return at;
}

/* Behind "D:", and its flags; NULL when there is no DACL. */
static const char *find_dacl(const char *sddl) {
  bool inside = false;
  for (const char *at = sddl; *at != '\0'; at++) {
    inside = *at == '(' || (inside && *at != ')');
    if (!inside && at[0] == 'D' && at[1] == ':')
      return at + 2 + strspn(at + 2, "PARI");
  }
  return NULL;
}

bool accounts_in_sddl(const char *sddl, void (*each)(void *context, const char *sid),
                      void *context) {
  const char *at = find_dacl(sddl);
  struct field fields[FIELDS];
  char sid[PG_SID_CHARS];
  while (at != NULL && *at == '(') {
    at = read_entry(at, fields);
    if (at == NULL || !read_sid(&fields[FIELD_SID], sid, sizeof sid))
      return false;
    if (is(&fields[FIELD_TYPE], "A") && may_register(&fields[FIELD_RIGHTS]))
      each(context, sid);
  }
  return at != NULL && (*at == '\0' || strncmp(at, "S:", 2) == 0);
}

/* --- names that were looked up --- */

struct account_names {
  struct account_name {
    char *sid, *name;
  } *list; /* by SID */
  size_t count, room;
};

struct account_names *account_names_new(void) {
  return calloc(1, sizeof(struct account_names));
}

void account_names_free(struct account_names *names) {
  for (size_t i = 0; names != NULL && i < names->count; i++) {
    free(names->list[i].sid);
    free(names->list[i].name);
  }
  if (names != NULL)
    free(names->list);
  free(names);
}

static bool name_before(const void *row, const void *key) {
  return strcmp(((const struct account_name *)row)->sid, key) < 0;
}

/* Where |sid| is, or belongs. */
static size_t position_of(const struct account_names *names, const char *sid) {
  return pg_lower_bound(names->list, names->count, sizeof *names->list, sid, name_before);
}

const char *account_names_find(const struct account_names *names, const char *sid) {
  size_t at = names != NULL ? position_of(names, sid) : 0;
  bool found =
      names != NULL && at < names->count && strcmp(names->list[at].sid, sid) == 0;
  return found ? names->list[at].name : NULL;
}

static bool make_room(struct account_names *names) {
  if (names->count < names->room)
    return true;
  size_t room = names->room > 0 ? names->room * 2 : 16;
  struct account_name *list = realloc(names->list, room * sizeof *list);
  if (list == NULL)
    return false;
  names->list = list;
  names->room = room;
  return true;
}

static char *copy(const char *text) {
  size_t size = strlen(text) + 1;
  char *made = malloc(size);
  if (made != NULL)
    memcpy(made, text, size);
  return made;
}

enum pg_error account_names_add(struct account_names *names, const char *sid,
                                const char *name) {
  if (account_names_find(names, sid) != NULL)
    return PG_OK;
  if (names->count >= PG_ACCOUNTS_MAX)
    return PG_E_TOOBIG;
  struct account_name entry = {copy(sid), copy(name)};
  if (entry.sid == NULL || entry.name == NULL || !make_room(names)) {
    free(entry.sid);
    free(entry.name);
    return PG_E_NOMEM;
  }
  size_t at = position_of(names, sid);
  memmove(&names->list[at + 1], &names->list[at],
          (names->count - at) * sizeof *names->list);
  names->list[at] = entry;
  names->count++;
  return PG_OK;
}

struct search {
  const struct account_names *names;
  char *sid;
  size_t size;
  bool found;
};

static void look_for_missing(void *context, const char *sid) {
  struct search *search = context;
  if (search->found || account_well_known(sid) != NULL ||
      account_names_find(search->names, sid) != NULL)
    return;
  search->found = pg_copy(search->sid, search->size, sid);
}

bool account_names_missing(const struct account_names *names,
                           const struct pg_network *network, char *sid, size_t size) {
  struct search search = {names, sid, size, false};
  for (size_t i = 0; !search.found && i < network->reservation_count; i++)
    if (network->reservations[i].sddl != NULL)
      accounts_in_sddl(network->reservations[i].sddl, look_for_missing, &search);
  return search.found;
}
