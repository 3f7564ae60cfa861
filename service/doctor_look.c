#include "service/doctor_look.h"

#include "common/protocol.h"
#include "service/files/files.h"

#include <string.h>

#define STATE_FILE "state.json"

/* Opened anew: rights may have changed since the service opened it. */
static void look_at_folder(const struct doctor_order *order, struct doctor_look *out) {
  struct files *files = NULL;
  out->free_bytes = -1;
  if (order->folder == NULL)
    return;
  out->free_bytes = doctor_free_bytes(order->folder);
  if (files_open(order->folder, &files, &out->folder) != PG_OK)
    return;
  if (order->state && files_check(files, STATE_FILE, &out->state_file) == PG_E_NOTFOUND)
    out->state_file.code = PG_OK;
  files_close(files);
}

void doctor_look(const struct doctor_order *order, struct doctor_look *out) {
  memset(out, 0, sizeof *out);
  for (int i = 0; i < DOCTOR_PIPES; i++)
    if (order->pipes[i].name != NULL)
      pipe_look(order->pipes[i].name, order->pipes[i].access, &out->pipes[i]);
  look_at_folder(order, out);
  if (order->setup)
    doctor_look_setup(out->settings);
  (void)doctor_find_netsh(&out->netsh);
}
