#include "service/files/trust.h"

#include "common/text.h"
#include "service/files/descriptor.h"
#include "service/files/files.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_PATH 160

#define SYSTEM_SID "S-1-5-18"
#define ADMINISTRATORS_SID "S-1-5-32-544"
#define TRUSTED_INSTALLER_SID \
  "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
/* In an entry they stand for whoever owns the file, who has been looked at. */
#define CREATOR_OWNER_SID "S-1-3-0"
#define OWNER_RIGHTS_SID "S-1-3-4"

/* The rights that change a file or folder, or who may: write and append data, write
 * extended attributes, delete a child, write attributes, DELETE, WRITE_DAC, WRITE_OWNER,
 * GENERIC_ALL, GENERIC_WRITE. They count in entries that only children inherit, too. */
#define WRITE_RIGHTS                                                                     \
  (0x2u | 0x4u | 0x10u | 0x40u | 0x100u | 0x10000u | 0x40000u | 0x80000u | 0x10000000u | \
   0x40000000u)

/* The same of a registry key: set values, create subkeys and links. Another right has the
 * number that stands for extended attributes of a file: who may read may have it. */
#define KEY_WRITE_RIGHTS \
  (0x2u | 0x4u | 0x20u | 0x10000u | 0x40000u | 0x80000u | 0x10000000u | 0x40000000u)

static enum pg_error distrust(struct pg_fault *fault, const char *path, const char *why) {
  char shown[SHOWN_PATH];
  pg_fail(fault, PG_E_REFUSED, "\"%s\" is not trusted: %s",
          pg_escape(shown, sizeof shown, path), why);
  pg_fault_rule(fault, FILES_RULE);
  return PG_E_REFUSED;
}

enum pg_error trust_link(const char *path, const char *remove_command,
                         struct pg_fault *fault) {
  distrust(fault, path, "it is a link to another place");
  if (remove_command != NULL)
    pg_fault_hint(fault, "%s \"%s\"", remove_command, path);
  return PG_E_REFUSED;
}

static enum pg_error too_many_names(const char *path, uint64_t links, const char *command,
                                    struct pg_fault *fault) {
  char why[120];
  snprintf(why, sizeof why,
           "%" PRIu64 " names lead to it (hard links), expected 1: another one may be "
           "open to others",
           links);
  distrust(fault, path, why);
  pg_fault_hint(fault, "%s \"%s\"", command, path);
  return PG_E_REFUSED;
}

/* --- Windows --- */

/* Names for the accounts that a wrong folder is usually open to. */
static const char *account(const char *sid, char *out, size_t size) {
  static const struct {
    const char *sid, *name;
  } known[] = {
      {"S-1-1-0", "Everyone"},
      {"S-1-5-4", "INTERACTIVE"},
      {"S-1-5-11", "Authenticated Users"},
      {"S-1-5-32-545", "Users"},
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (strcmp(sid, known[i].sid) != 0)
      continue;
    snprintf(out, size, "%s (%s)", known[i].name, sid);
    return out;
  }
  (void)pg_copy(out, size, sid[0] != '\0' ? sid : "nobody");
  return out;
}

static bool is_trusted(const char *sid, const char *self) {
  return strcmp(sid, SYSTEM_SID) == 0 || strcmp(sid, ADMINISTRATORS_SID) == 0 ||
         strcmp(sid, TRUSTED_INSTALLER_SID) == 0 ||
         (self != NULL && self[0] != '\0' && strcmp(sid, self) == 0);
}

/* Not its rights are mended: what somebody has written there already would be in force
 * then. Moved aside it can be looked at, and what Windows makes anew inherits from the
 * key above it. Not with keys in it: PowerShell moves by copying and deleting, also
 * through a link that somebody has put there. */
static void hint_key(const struct trust_windows *seen, struct pg_fault *fault) {
  const char *name = strrchr(seen->path, '\\');
  pg_fault_hint(fault,
                "powershell -Command \"if ((Get-Item Registry::%s).SubKeyCount -eq 0) "
                "{ Rename-Item Registry::%s %s.old; gpupdate /target:computer /force }\"",
                seen->path, seen->path, name != NULL ? name + 1 : seen->path);
}

/* A file of a folder that is in order becomes right by inheriting from it. */
static void hint_rights(const struct trust_windows *seen, const char *sid,
                        struct pg_fault *fault) {
  if (seen->key) {
    hint_key(seen, fault);
    return;
  }
  if (!seen->folder) {
    pg_fault_hint(fault, "icacls \"%s\" /reset", seen->path);
    return;
  }
  pg_fault_hint(fault,
                "icacls \"%s\" /inheritance:r /grant:r \"*" SYSTEM_SID
                ":(OI)(CI)F\" \"*" ADMINISTRATORS_SID ":(OI)(CI)F\"%s%s%s",
                seen->path, sid[0] != '\0' ? " /remove:g \"*" : "", sid,
                sid[0] != '\0' ? "\"" : "");
}

static enum pg_error check_owner(const struct trust_windows *seen, const char *owner,
                                 struct pg_fault *fault) {
  char name[DESCRIPTOR_SID_CHARS + 32], why[DESCRIPTOR_SID_CHARS + 120];
  if (is_trusted(owner, seen->self))
    return PG_OK;
  snprintf(why, sizeof why,
           "it belongs to %s, expected SYSTEM, Administrators or TrustedInstaller",
           account(owner, name, sizeof name));
  distrust(fault, seen->path, why);
  if (seen->key)
    hint_key(seen, fault);
  else
    pg_fault_hint(fault, "icacls \"%s\" /setowner \"*" ADMINISTRATORS_SID "\"",
                  seen->path);
  return PG_E_REFUSED;
}

static enum pg_error check_entry(const struct trust_windows *seen,
                                 const struct descriptor_ace *ace,
                                 struct pg_fault *fault) {
  char name[DESCRIPTOR_SID_CHARS + 32], why[DESCRIPTOR_SID_CHARS + 120];
  if (ace->type == DESCRIPTOR_DENY)
    return PG_OK;
  if (ace->type == DESCRIPTOR_ALLOW) {
    if ((ace->mask & (seen->key ? KEY_WRITE_RIGHTS : WRITE_RIGHTS)) == 0 ||
        is_trusted(ace->sid, seen->self) || strcmp(ace->sid, CREATOR_OWNER_SID) == 0 ||
        strcmp(ace->sid, OWNER_RIGHTS_SID) == 0)
      return PG_OK;
    snprintf(why, sizeof why, "%s may write to it", account(ace->sid, name, sizeof name));
  } else {
    snprintf(why, sizeof why,
             "its access list has an entry of type %u, expected plain ones",
             (unsigned)ace->type);
  }
  distrust(fault, seen->path, why);
  hint_rights(seen, ace->sid, fault);
  return PG_E_REFUSED;
}

static enum pg_error check_descriptor(const struct trust_windows *seen,
                                      struct pg_fault *fault) {
  struct descriptor descriptor;
  struct descriptor_ace ace;
  size_t at = 0;
  bool whole = descriptor_parse(seen->descriptor, seen->descriptor_len, &descriptor);
  if (!whole)
    return distrust(fault, seen->path, "its security descriptor cannot be read");
  enum pg_error error = check_owner(seen, descriptor.owner, fault);
  if (error != PG_OK)
    return error;
  if (!descriptor.has_dacl) {
    distrust(fault, seen->path, "it has no access list, so everybody may write to it");
    hint_rights(seen, "", fault);
    return PG_E_REFUSED;
  }
  for (unsigned i = 0; error == PG_OK && i < descriptor.ace_count; i++)
    error = descriptor_ace(&descriptor, &at, &ace)
                ? check_entry(seen, &ace, fault)
                : distrust(fault, seen->path, "its access list cannot be read");
  return error;
}

enum pg_error trust_windows(const struct trust_windows *seen, struct pg_fault *fault) {
  char shown[SHOWN_PATH], why[SHOWN_PATH + 80];
  if (seen->key)
    return check_descriptor(seen, fault);
  if (seen->reparse)
    return trust_link(seen->path, seen->folder ? "cmd /c rmdir" : "cmd /c del", fault);
  if (!pg_case_equal(seen->path, seen->final_path)) {
    snprintf(why, sizeof why, "it leads to \"%s\"",
             pg_escape(shown, sizeof shown, seen->final_path));
    return distrust(fault, seen->path, why);
  }
  if (!seen->folder && seen->links != 1)
    return too_many_names(seen->path, seen->links, "fsutil hardlink list", fault);
  return check_descriptor(seen, fault);
}

/* --- Linux --- */

enum pg_error trust_posix(const struct trust_posix *seen, struct pg_fault *fault) {
  char why[120];
  if (seen->owner != 0 && seen->owner != seen->self) {
    snprintf(why, sizeof why, "it belongs to user %" PRIu32 ", expected root or %" PRIu32,
             seen->owner, seen->self);
    distrust(fault, seen->path, why);
    pg_fault_hint(fault, "sudo chown %" PRIu32 " \"%s\"", seen->self, seen->path);
    return PG_E_REFUSED;
  }
  if ((seen->mode & 022) != 0) {
    snprintf(why, sizeof why, "others may write to it (mode %03o)",
             (unsigned)(seen->mode & 0777));
    distrust(fault, seen->path, why);
    pg_fault_hint(fault, "chmod go-w \"%s\"", seen->path);
    return PG_E_REFUSED;
  }
  if (!seen->folder && seen->links != 1)
    return too_many_names(seen->path, seen->links, "find / -samefile", fault);
  return PG_OK;
}
