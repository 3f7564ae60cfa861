#include "service/group_policy_file.h"

#include "common/limits.h"
#include "service/files/files.h"

static void read_file(void *context, struct group_policy_values *out) {
  const char *path = context;
  struct pg_text text;
  enum pg_error error = files_load(path, 2u * PG_CONFIG_MAX, &text, &out->unreadable);
  if (error == PG_E_NOTFOUND)
    out->unreadable = (struct pg_fault){.code = PG_OK};
  else if (error == PG_OK)
    group_policy_read_text(pg_text_str(&text), text.len, out);
  pg_text_free(&text);
}

void group_policy_file_open(struct group_policy_source *out, const char *path) {
  *out = (struct group_policy_source){.context = (void *)path, .read = read_file};
}
