#include "client/option_list.h"

#include <string.h>

const struct option_entry option_entries[OPTION_COUNT] = {
#define X(name, text, value, of, words) [OPTION_##name] = {text, value, of, words},
    OPTION_LIST(X)
#undef X
};

bool option_belongs(enum option_name option, const struct verb *verb) {
  unsigned of = option_entries[option].of;
  return of == 0 || (verb != NULL && (verb->options & of) != 0);
}

const char *option_words(enum option_name option, const struct verb *verb) {
  bool waits = verb != NULL && (verb->options & VERB_WAITS) != 0;
  return option == OPTION_UNTIL && waits ? OPTION_UNTIL_WORDS
                                         : option_entries[option].words;
}

int option_word(const char *words, const char *value) {
  size_t len = strlen(value);
  for (int at = 0; *words != '\0'; at++) {
    size_t word = strcspn(words, " ");
    if (word == len && memcmp(words, value, len) == 0)
      return at;
    words += word + strspn(words + word, " ");
  }
  return -1;
}
