#include "client/options.h"

#include "client/option_list.h"
#include "client/platform.h"
#include "client/verbs.h"
#include "client/when.h"
#include "common/limits.h"
#include "common/text.h"

#include <assert.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static_assert(OPTION_COUNT <= 32, "each has a bit");

/* What getopt_long answers for an option: no character does. */
#define CODE(option) (256 + (int)(option))

static const struct option long_options[] = {
#define X(name, text, value, of, words) \
  {text, (value) != NULL ? required_argument : no_argument, NULL, CODE(OPTION_##name)},
    OPTION_LIST(X)
#undef X
        {NULL, 0, NULL, 0},
};

/* '-': what is no option comes as option 1, in order, on every getopt_long;
 * ':': no messages of its own. The digits are there so that "-1" can be told
 * from an option: it is a wrong port, and is quoted as one. */
static const char short_options[] = "-:ho:0123456789";

#define NOT_AN_OPTION 1

static void add_argument(struct options *out, const char *argument) {
  out->arguments[out->argument_count++] = argument;
}

static enum pg_error usage(struct pg_fault *fault, const char *hint) {
  pg_fault_hint(fault, "%s", hint);
  return PG_E_USAGE;
}

/* OPTION_COUNT: there is no such option. */
static enum option_name option_of(int code) {
  if (code == 'o')
    return OPTION_OUTPUT;
  if (code == 'h')
    return OPTION_HELP;
  int at = code - CODE(0);
  return at >= 0 && at < OPTION_COUNT ? (enum option_name)at : OPTION_COUNT;
}

static enum pg_error unknown_option(const char *token, struct pg_fault *fault) {
  char shown[128];
  pg_fail(fault, PG_E_USAGE, "unknown option \"%s\"",
          pg_escape(shown, sizeof shown, token));
  return usage(fault, "portguardctl --help");
}

/* getopt_long says '?' or ':' and the value of the option, if it knew one; the
 * libraries differ in which, so the table decides what was wrong. */
static enum pg_error bad_option(const char *token, struct pg_fault *fault) {
  enum option_name known = optopt != 0 ? option_of(optopt) : OPTION_COUNT;
  if (known == OPTION_COUNT) {
    char letter[3] = {'-', (char)optopt, '\0'};
    bool is_short = token[0] == '-' && token[1] != '-';
    return unknown_option(is_short && optopt != 0 ? letter : token, fault);
  }
  const struct option_entry *entry = &option_entries[known];
  pg_fail(fault, PG_E_USAGE, "option \"--%s\" %s", entry->name,
          entry->value == NULL ? "takes no value" : "needs a value");
  return usage(fault, "portguardctl --help");
}

static enum pg_error set_timeout(struct options *out, const char *value,
                                 struct pg_fault *fault) {
  struct pg_fault why;
  memset(&why, 0, sizeof why);
  if (pg_parse_duration(value, 1, &out->timeout_ms, &why) == PG_OK)
    return PG_OK;
  pg_fail(fault, PG_E_USAGE, "--timeout: %s", why.message);
  return usage(fault, "portguardctl status 80 --timeout 30s");
}

#define PAUSE_DAYS (PG_PAUSE_MAX_S / 86400)
static_assert(PAUSE_DAYS <= PG_DURATION_DAYS, "the longest pause must be readable");

static enum pg_error set_for(struct options *out, const char *value,
                             struct pg_fault *fault) {
  struct pg_fault why;
  uint32_t ms = 0;
  memset(&why, 0, sizeof why);
  enum pg_error err = pg_parse_duration(value, PAUSE_DAYS, &ms, &why);
  out->for_s = ms / 1000;
  if (err == PG_OK)
    return PG_OK;
  pg_fail(fault, PG_E_USAGE, "--for: %s", why.message);
  return usage(fault, "portguardctl policy pause --for 2h");
}

static enum pg_error set_port(struct options *out, const char *value,
                              struct pg_fault *fault) {
  struct pg_fault why;
  memset(&why, 0, sizeof why);
  if (pg_parse_port(value, &out->port, &why) == PG_OK)
    return PG_OK;
  pg_fail(fault, PG_E_USAGE, "--%s", why.message);
  return usage(fault, "portguardctl policy test --port 80");
}

static enum pg_error set_pipe(const char **out, const char *option, const char *value,
                              struct pg_fault *fault) {
  const char *expected = NULL;
  *out = value;
  if (client_pipe_name_ok(value, &expected))
    return PG_OK;
  char shown[160];
  pg_fail(fault, PG_E_USAGE, "%s \"%s\": expected %s", option,
          pg_escape(shown, sizeof shown, value), expected);
  return usage(fault, "portguardctl --help");
}

/* One of |words|, which |expected| tells for people. */
static enum pg_error check_word(const char *option, const char *value, const char *words,
                                const char *expected, const char *example,
                                struct pg_fault *fault) {
  char shown[128];
  if (option_word(words, value) >= 0)
    return PG_OK;
  pg_fail(fault, PG_E_USAGE, "%s \"%s\": expected %s", option,
          pg_escape(shown, sizeof shown, value), expected);
  return usage(fault, example);
}

static enum pg_error set_dependents(struct options *out, const char *value,
                                    struct pg_fault *fault) {
  out->dependents = value;
  return check_word("--dependents", value, option_entries[OPTION_DEPENDENTS].words,
                    "refuse or stop", "portguardctl stop SERVICE --dependents stop",
                    fault);
}

static enum pg_error set_since(struct options *out, const char *value,
                               struct pg_fault *fault) {
  out->since = value;
  return when_check("--since", value, fault);
}

static enum pg_error set_limit(struct options *out, const char *value,
                               struct pg_fault *fault) {
  char shown[128];
  uint32_t limit = 0;
  if (pg_parse_u32(value, &limit) && limit >= 1 && limit <= PG_HISTORY_ROWS_MAX) {
    out->limit = (uint16_t)limit;
    return PG_OK;
  }
  pg_fail(fault, PG_E_USAGE, "--limit \"%s\": expected 1-%d",
          pg_escape(shown, sizeof shown, value), PG_HISTORY_ROWS_MAX);
  return usage(fault, "portguardctl history --limit 1000");
}

static enum pg_error set_address(struct options *out, const char *value,
                                 struct pg_fault *fault) {
  char shown[128];
  uint8_t bytes[16];
  bool ipv6 = false;
  out->address = value;
  if (client_address(value, &ipv6, bytes))
    return PG_OK;
  pg_fail(fault, PG_E_USAGE, "--address \"%s\": expected an IP address, as 127.0.0.1",
          pg_escape(shown, sizeof shown, value));
  return usage(fault, "portguardctl check 80 --address 127.0.0.1");
}

/* enum output_format is in the order of the words. */
static enum pg_error set_format(struct options *out, const char *value,
                                struct pg_fault *fault) {
  const char *words = option_entries[OPTION_FORMAT].words;
  int at = option_word(words, value);
  out->format = value;
  if (at >= 0)
    out->format_read = (enum output_format)at;
  return check_word("--format", value, words, "text, dot or mermaid",
                    "portguardctl graph 80 --format dot", fault);
}

static enum pg_error set_option(struct options *out, enum option_name option,
                                struct pg_fault *fault) {
  out->given |= 1u << option;
  switch (option) {
  case OPTION_JSON:
    out->json = true;
    return PG_OK;
  case OPTION_NO_COLOUR:
    out->no_colour = true;
    return PG_OK;
  case OPTION_PIPE:
    return set_pipe(&out->pipe, "--pipe", optarg, fault);
  case OPTION_CONTROL:
    return set_pipe(&out->control, "--control", optarg, fault);
  case OPTION_YES:
    out->yes = true;
    return PG_OK;
  case OPTION_DRY_RUN:
    out->dry_run = true;
    return PG_OK;
  case OPTION_DEPENDENTS:
    return set_dependents(out, optarg, fault);
  case OPTION_PORT:
    return set_port(out, optarg, fault);
  case OPTION_SERVICE:
    out->service = optarg;
    return PG_OK;
  case OPTION_AT:
    out->at = optarg;
    return PG_OK;
  case OPTION_UNTIL:
    out->until = optarg; /* what it must be depends on the verb */
    return PG_OK;
  case OPTION_SINCE:
    return set_since(out, optarg, fault);
  case OPTION_LIMIT:
    return set_limit(out, optarg, fault);
  case OPTION_NO_PAGER:
    out->no_pager = true;
    return PG_OK;
  case OPTION_OPEN:
    out->open = true;
    return PG_OK;
  case OPTION_HOLDER:
    out->holder = optarg;
    return PG_OK;
  case OPTION_ADDRESS:
    return set_address(out, optarg, fault);
  case OPTION_FOR:
    return set_for(out, optarg, fault);
  case OPTION_TIMEOUT:
    return set_timeout(out, optarg, fault);
  case OPTION_OUTPUT:
    out->output = optarg;
    return PG_OK;
  case OPTION_FORMAT:
    return set_format(out, optarg, fault);
  case OPTION_VERSION:
    out->verb = verb_find("version");
    return PG_OK;
  case OPTION_HELP:
    out->help = true;
    return PG_OK;
  case OPTION_COUNT:
    break;
  }
  return PG_OK;
}

static enum pg_error take_token(struct options *out, int code, const char *token,
                                struct pg_fault *fault) {
  enum option_name option = option_of(code);
  if (code == NOT_AN_OPTION)
    add_argument(out, optarg);
  else if (option == OPTION_COUNT)
    return bad_option(token, fault);
  else
    return set_option(out, option, fault);
  return PG_OK;
}

static enum pg_error read_tokens(int argc, char **argv, struct options *out,
                                 struct pg_fault *fault) {
  int number = -1; /* index of a token such as "-1", whose digits come one by one */
  enum pg_error err = PG_OK;
  optind = 0; /* start afresh: tests read several command lines */
  opterr = 0;
  while (err == PG_OK) {
    int at = optind > 0 ? optind : 1;
    optopt = 0;
    int option = getopt_long(argc, argv, short_options, long_options, NULL);
    if (option == -1)
      break;
    if (at == number)
      continue;
    if (option >= '0' && option <= '9') {
      number = at;
      add_argument(out, argv[at]);
    } else {
      err = take_token(out, option, argv[at], fault);
    }
  }
  for (int i = optind; err == PG_OK && i < argc; i++)
    add_argument(out, argv[i]); /* what follows "--" */
  return err;
}

/* |group| is the first of |words| where verbs begin with it, else NULL. */
static enum pg_error unknown_verb(const char *words, const char *group,
                                  struct pg_fault *fault) {
  char shown[128];
  pg_fail(fault, PG_E_USAGE, "unknown verb \"%s\"",
          pg_escape(shown, sizeof shown, words));
  const struct verb *near = verb_nearest(words);
  if (near != NULL)
    pg_fault_hint(fault, "portguardctl %s", near->name);
  else if (group != NULL)
    pg_fault_hint(fault, "portguardctl %s --help", group);
  else
    pg_fault_hint(fault, "portguardctl --help");
  return PG_E_USAGE;
}

/* The first |count| arguments as the words of a verb. */
static void join_words(const struct options *options, size_t count, char *words,
                       size_t size) {
  struct pg_text joined;
  pg_text_init(&joined, 4096);
  for (size_t i = 0; i < count; i++)
    pg_text_printf(&joined, "%s%s", i > 0 ? " " : "", options->arguments[i]);
  pg_copy(words, size, pg_text_str(&joined));
  pg_text_free(&joined);
}

/* "http" alone: the verbs that go on from it are told, or their help shown. */
static enum pg_error only_a_group(struct options *out, struct pg_fault *fault) {
  struct pg_text names;
  if (out->help) {
    out->group = out->arguments[0];
    return PG_OK;
  }
  pg_text_init(&names, sizeof fault->message);
  const char *first = verb_group_names(&names, out->arguments[0]);
  pg_fail(fault, PG_E_USAGE, "\"%s\" needs another word: %s", out->arguments[0],
          pg_text_str(&names));
  pg_fault_hint(fault, "portguardctl %s", first);
  pg_text_free(&names);
  return PG_E_USAGE;
}

/* Takes the verb off the arguments, as many words as make one ("http queues"). */
static enum pg_error take_verb(struct options *out, struct pg_fault *fault) {
  if (out->argument_count == 0) {
    pg_fail(fault, PG_E_USAGE, "no verb given");
    return usage(fault, "portguardctl --help");
  }
  char words[64];
  size_t count = out->argument_count < VERB_WORDS ? out->argument_count : VERB_WORDS;
  for (; count > 0; count--) {
    join_words(out, count, words, sizeof words);
    out->verb = verb_find(words);
    if (out->verb != NULL)
      break;
  }
  if (out->verb == NULL) {
    bool group = verb_is_group(out->arguments[0]);
    if (group && out->argument_count == 1)
      return only_a_group(out, fault);
    join_words(out, group ? 2 : 1, words, sizeof words);
    return unknown_verb(words, group ? out->arguments[0] : NULL, fault);
  }
  out->argument_count -= count;
  memmove(out->arguments, out->arguments + count,
          out->argument_count * sizeof *out->arguments);
  return PG_OK;
}

/* Of a verb that takes one argument: what is missing, NULL where it may be, and what
 * there is too much of. */
static const struct {
  const char *missing, *one;
} single[] = {
    [VERB_TAKES_A_PORT] = {"a port: expected 1-65535", "one port"},
    [VERB_TAKES_A_SERVICE] = {"the name of a service, as W3SVC", "one service"},
    [VERB_TAKES_AN_ADDRESS] = {"an address, as 127.0.0.2", "one address"},
    [VERB_MAY_TAKE_A_RULE] = {NULL, "one rule"},
    [VERB_MAY_TAKE_A_PORT] = {NULL, "one port"},
};

static enum pg_error check_arguments(const struct options *options,
                                     struct pg_fault *fault) {
  const struct verb *verb = options->verb;
  char shown[128];
  size_t count = options->argument_count;
  size_t most = verb->takes == VERB_TAKES_NOTHING ? 0 : 1;
  if (verb->takes == VERB_TAKES_PORTS || count == most)
    return PG_OK;
  if (count > most)
    return pg_fail(fault, PG_E_USAGE, "\"%s\": %s takes %s",
                   pg_escape(shown, sizeof shown, options->arguments[most]), verb->name,
                   most == 0 ? "no arguments" : single[verb->takes].one);
  if (single[verb->takes].missing == NULL)
    return PG_OK;
  return pg_fail(fault, PG_E_USAGE, "%s needs %s", verb->name,
                 single[verb->takes].missing);
}

static enum pg_error check_needed(const struct options *options, struct pg_fault *fault) {
  const struct verb *verb = options->verb;
  if ((verb->options & VERB_ASKS_RULES) != 0 && options->port == 0)
    return pg_fail(fault, PG_E_USAGE, "%s needs --port: expected 1-65535", verb->name);
  if ((verb->options & VERB_NEEDS_FOR) != 0 && options->for_s == 0)
    return pg_fail(fault, PG_E_USAGE, "%s needs --for: expected 1 s to %u d, as 2h",
                   verb->name, (unsigned)PAUSE_DAYS);
  if ((verb->options & VERB_WAITS) != 0 && options->until == NULL)
    return pg_fail(fault, PG_E_USAGE, "%s needs --until: expected free or in-use",
                   verb->name);
  return PG_OK;
}

static enum pg_error check_until(const struct options *options, struct pg_fault *fault) {
  if (options->until == NULL)
    return PG_OK;
  if ((options->verb->options & VERB_WAITS) == 0)
    return when_check("--until", options->until, fault);
  return check_word("--until", options->until, OPTION_UNTIL_WORDS, "free or in-use",
                    "portguardctl wait 80 --until free", fault);
}

/* An option that another verb has; OPTION_COUNT: there is none. */
static enum option_name strange_option(const struct options *options) {
  for (int i = 0; i < OPTION_COUNT; i++)
    if ((options->given & 1u << i) != 0 &&
        !option_belongs((enum option_name)i, options->verb))
      return (enum option_name)i;
  return OPTION_COUNT;
}

static enum pg_error check_belongs(const struct options *options,
                                   struct pg_fault *fault) {
  enum option_name strange = strange_option(options);
  enum pg_error err =
      strange != OPTION_COUNT
          ? pg_fail(fault, PG_E_USAGE, "option \"--%s\" does not belong to %s",
                    option_entries[strange].name, options->verb->name)
          : check_arguments(options, fault);
  if (err == PG_OK)
    err = check_needed(options, fault);
  if (err == PG_OK)
    return check_until(options, fault);
  pg_fault_hint(fault, "portguardctl %s --help", options->verb->name);
  return err;
}

enum pg_error options_port(const struct options *options, size_t index, uint16_t *port,
                           struct pg_fault *fault) {
  struct pg_fault why;
  memset(&why, 0, sizeof why);
  if (pg_parse_port(options->arguments[index], port, &why) == PG_OK)
    return PG_OK;
  pg_fail(fault, PG_E_USAGE, "%s", why.message);
  pg_fault_hint(fault, "portguardctl %s 80", options->verb->name);
  return PG_E_USAGE;
}

static bool asks_for_json(int argc, char **argv) {
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
    if (strcmp(argv[i], "--json") == 0)
      return true;
  return false;
}

static uint32_t timeout_of(const struct verb *verb) {
  if ((verb->options & (VERB_WAITS | VERB_HAS_NO_END)) != 0)
    return 0;
  return (verb->options & VERB_CONTROLS) != 0 ? PG_CONTROL_MS : PG_CLIENT_MS;
}

enum pg_error options_read(int argc, char **argv, struct options *out,
                           struct pg_fault *fault) {
  memset(out, 0, sizeof *out);
  out->json = asks_for_json(argc, argv);
  out->arguments = calloc((size_t)argc + 1, sizeof *out->arguments);
  if (out->arguments == NULL)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  enum pg_error err = read_tokens(argc, argv, out, fault);
  if (err != PG_OK || (out->help && out->argument_count == 0))
    return err;
  if (out->verb == NULL)
    err = take_verb(out, fault);
  if (err == PG_OK && out->verb != NULL && out->timeout_ms == 0)
    out->timeout_ms = timeout_of(out->verb);
  return err == PG_OK && !out->help ? check_belongs(out, fault) : err;
}

void options_free(struct options *options) {
  free(options->arguments);
  options->arguments = NULL;
}
