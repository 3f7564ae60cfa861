#include "client/pager.h"

#include "client/platform.h"

#include <string.h>

bool pager_words(char *command, char *words[PAGER_WORDS + 1]) {
  size_t count = 0;
  char *at = command + strspn(command, " ");
  while (*at != '\0') {
    if (count == PAGER_WORDS)
      return false;
    words[count++] = at;
    at += strcspn(at, " ");
    if (*at != '\0')
      *at++ = '\0';
    at += strspn(at, " ");
  }
  words[count] = NULL;
  return count > 0 && strcmp(words[0], "cat") != 0;
}

static bool page(const struct pg_text *text) {
  struct pg_text command;
  char *words[PAGER_WORDS + 1];
  pg_text_init(&command, RENDER_LINE_MAX);
  bool shown = pager_command(&command) && !command.failed && command.len > 0 &&
               pager_words(command.data, words) && pager_run(words, text);
  pg_text_free(&command);
  return shown;
}

int pager_print(const struct client *client, const struct pg_text *text) {
  if (!text->failed && client_on_terminal() && page(text))
    return 0;
  return client_print(client, text);
}
