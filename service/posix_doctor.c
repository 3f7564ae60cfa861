#include "service/doctor_look.h"

#include <sys/statvfs.h>

int64_t doctor_free_bytes(const char *folder) {
  struct statvfs disk;
  if (statvfs(folder, &disk) != 0)
    return -1;
  return (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
}

/* Linux has no services of Windows, and is never asked. */
void doctor_look_setup(struct doctor_setting settings[DOCTOR_SETUPS]) {
  (void)settings;
}

/* Captures stand in for it. */
enum pg_error doctor_find_netsh(struct pg_fault *fault) {
  (void)fault;
  return PG_OK;
}
