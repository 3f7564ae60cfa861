#include "client/options.h"

#include "client/platform.h"
#include "client/verbs.h"
#include "client/when.h"
#include "common/limits.h"
#include "common/text.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum {
  OPT_JSON = 256,
  OPT_NO_COLOUR,
  OPT_PIPE,
  OPT_TIMEOUT,
  OPT_VERSION,
  OPT_OUTPUT,
  OPT_FORMAT,
  OPT_CONTROL,
  OPT_YES,
  OPT_DRY_RUN,
  OPT_DEPENDENTS,
  OPT_PORT,
  OPT_SERVICE,
  OPT_AT,
  OPT_FOR,
  OPT_UNTIL,
  OPT_HOLDER,
  OPT_ADDRESS,
  OPT_SINCE,
  OPT_LIMIT,
  OPT_NO_PAGER,
  OPT_OPEN
};

static const struct option long_options[] = {
    {"json", no_argument, NULL, OPT_JSON},
    {"no-color", no_argument, NULL, OPT_NO_COLOUR},
    {"pipe", required_argument, NULL, OPT_PIPE},
    {"control", required_argument, NULL, OPT_CONTROL},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"yes", no_argument, NULL, OPT_YES},
    {"dry-run", no_argument, NULL, OPT_DRY_RUN},
    {"dependents", required_argument, NULL, OPT_DEPENDENTS},
    {"port", required_argument, NULL, OPT_PORT},
    {"service", required_argument, NULL, OPT_SERVICE},
    {"at", required_argument, NULL, OPT_AT},
    {"for", required_argument, NULL, OPT_FOR},
    {"until", required_argument, NULL, OPT_UNTIL},
    {"holder", required_argument, NULL, OPT_HOLDER},
    {"address", required_argument, NULL, OPT_ADDRESS},
    {"since", required_argument, NULL, OPT_SINCE},
    {"limit", required_argument, NULL, OPT_LIMIT},
    {"no-pager", no_argument, NULL, OPT_NO_PAGER},
    {"output", required_argument, NULL, OPT_OUTPUT},
    {"open", no_argument, NULL, OPT_OPEN},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPT_VERSION},
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

static const struct option *option_of(int value) {
  if (value == 'o')
    value = OPT_OUTPUT;
  for (const struct option *at = long_options; at->name != NULL; at++)
    if (at->val == value)
      return at;
  return NULL;
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
  const struct option *known = optopt != 0 ? option_of(optopt) : NULL;
  if (known == NULL) {
    char letter[3] = {'-', (char)optopt, '\0'};
    bool is_short = token[0] == '-' && token[1] != '-';
    return unknown_option(is_short && optopt != 0 ? letter : token, fault);
  }
  if (known->has_arg == no_argument)
    pg_fail(fault, PG_E_USAGE, "option \"--%s\" takes no value", known->name);
  else
    pg_fail(fault, PG_E_USAGE, "option \"--%s\" needs a value", known->name);
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

/* One of two words. */
static enum pg_error check_word(const char *option, const char *value,
                                const char *const words[2], const char *example,
                                struct pg_fault *fault) {
  char shown[128];
  if (strcmp(value, words[0]) == 0 || strcmp(value, words[1]) == 0)
    return PG_OK;
  pg_fail(fault, PG_E_USAGE, "%s \"%s\": expected %s or %s", option,
          pg_escape(shown, sizeof shown, value), words[0], words[1]);
  return usage(fault, example);
}

static enum pg_error set_dependents(struct options *out, const char *value,
                                    struct pg_fault *fault) {
  static const char *const words[] = {"refuse", "stop"};
  out->dependents = value;
  return check_word("--dependents", value, words,
                    "portguardctl stop SERVICE --dependents stop", fault);
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

static enum pg_error set_format(struct options *out, const char *value,
                                struct pg_fault *fault) {
  static const char *const words[] = {
      [FORMAT_TEXT] = "text", [FORMAT_DOT] = "dot", [FORMAT_MERMAID] = "mermaid"};
  out->format = value;
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (strcmp(value, words[i]) != 0)
      continue;
    out->format_read = (enum output_format)i;
    return PG_OK;
  }
  char shown[128];
  pg_fail(fault, PG_E_USAGE, "--format \"%s\": expected text, dot or mermaid",
          pg_escape(shown, sizeof shown, value));
  return usage(fault, "portguardctl graph 80 --format dot");
}

static enum pg_error set_option(struct options *out, int option, const char *token,
                                struct pg_fault *fault) {
  switch (option) {
  case NOT_AN_OPTION:
    add_argument(out, optarg);
    return PG_OK;
  case OPT_JSON:
    out->json = true;
    return PG_OK;
  case OPT_NO_COLOUR:
    out->no_colour = true;
    return PG_OK;
  case OPT_PIPE:
    return set_pipe(&out->pipe, "--pipe", optarg, fault);
  case OPT_CONTROL:
    return set_pipe(&out->control, "--control", optarg, fault);
  case OPT_YES:
    out->yes = true;
    return PG_OK;
  case OPT_DRY_RUN:
    out->dry_run = true;
    return PG_OK;
  case OPT_DEPENDENTS:
    return set_dependents(out, optarg, fault);
  case OPT_PORT:
    return set_port(out, optarg, fault);
  case OPT_SERVICE:
    out->service = optarg;
    return PG_OK;
  case OPT_AT:
    out->at = optarg;
    return PG_OK;
  case OPT_UNTIL:
    out->until = optarg; /* what it must be depends on the verb */
    return PG_OK;
  case OPT_SINCE:
    return set_since(out, optarg, fault);
  case OPT_LIMIT:
    return set_limit(out, optarg, fault);
  case OPT_NO_PAGER:
    out->no_pager = true;
    return PG_OK;
  case OPT_OPEN:
    out->open = true;
    return PG_OK;
  case OPT_HOLDER:
    out->holder = optarg;
    return PG_OK;
  case OPT_ADDRESS:
    return set_address(out, optarg, fault);
  case OPT_FOR:
    return set_for(out, optarg, fault);
  case OPT_TIMEOUT:
    return set_timeout(out, optarg, fault);
  case OPT_OUTPUT:
  case 'o':
    out->output = optarg;
    return PG_OK;
  case OPT_FORMAT:
    return set_format(out, optarg, fault);
  case OPT_VERSION:
    out->verb = verb_find("version");
    return PG_OK;
  case 'h':
    out->help = true;
    return PG_OK;
  default:
    return bad_option(token, fault);
  }
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
      err = set_option(out, option, argv[at], fault);
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
  static const char *const words[] = {"free", "in-use"};
  if (options->until == NULL)
    return PG_OK;
  if ((options->verb->options & VERB_WAITS) == 0)
    return when_check("--until", options->until, fault);
  return check_word("--until", options->until, words, "portguardctl wait 80 --until free",
                    fault);
}

/* An option that another verb has, or NULL. */
static const char *strange_option(const struct options *options) {
  const struct {
    const char *option;
    bool given;
    unsigned of;
  } own[] = {
      {"--output", options->output != NULL, VERB_HAS_OUTPUT},
      {"--open", options->open, VERB_REPORTS},
      {"--format", options->format != NULL, VERB_HAS_FORMAT},
      {"--yes", options->yes, VERB_ACTS},
      {"--dry-run", options->dry_run, VERB_ACTS},
      {"--dependents", options->dependents != NULL, VERB_HAS_DEPENDENTS},
      {"--port", options->port != 0, VERB_ASKS_RULES},
      {"--service", options->service != NULL, VERB_ASKS_RULES},
      {"--at", options->at != NULL, VERB_ASKS_RULES},
      {"--for", options->for_s != 0, VERB_NEEDS_FOR},
      {"--until", options->until != NULL, VERB_WAITS | VERB_HAS_HISTORY},
      {"--holder", options->holder != NULL, VERB_WAITS | VERB_HAS_HISTORY},
      {"--since", options->since != NULL, VERB_HAS_HISTORY | VERB_REPORTS},
      {"--limit", options->limit != 0, VERB_HAS_HISTORY},
      {"--no-pager", options->no_pager, VERB_HAS_HISTORY},
      {"--address", options->address != NULL, VERB_HAS_ADDRESS},
  };
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
    if (own[i].given && (options->verb->options & own[i].of) == 0)
      return own[i].option;
  return NULL;
}

static enum pg_error check_belongs(const struct options *options,
                                   struct pg_fault *fault) {
  const char *strange = strange_option(options);
  enum pg_error err =
      strange != NULL ? pg_fail(fault, PG_E_USAGE, "option \"%s\" does not belong to %s",
                                strange, options->verb->name)
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
