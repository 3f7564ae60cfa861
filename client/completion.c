#include "client/completion.h"

#include "client/option_list.h"

/* For Windows PowerShell 5.1 and later. What can go wrong in there (no service, an answer
 * that is no JSON) must show nowhere: somebody is typing. It begins with an empty line:
 * the last line of a profile that it is put into may have no end. */
static const char begin[] =
    "\n"
    "# portguardctl: completes verbs, options, ports, services and rules.\n"
    "# In every session:\n"
    "#   if (!(Test-Path $PROFILE)) { New-Item -ItemType File -Force $PROFILE }\n"
    "#   portguardctl completion powershell | Add-Content $PROFILE\n"
    "Register-ArgumentCompleter -Native -CommandName portguardctl, portguardctl.exe "
    "-ScriptBlock {\n"
    "  param($wordToComplete, $commandAst, $cursorPosition)\n"
    "  $ErrorActionPreference = 'SilentlyContinue'\n"
    "\n"
    "  # Verb: what it takes, and its options. Behind a '=' is what the value may be.\n"
    "  $verbs = [ordered]@{\n";

static const char words_so_far[] =
    "  }\n"
    "\n"
    "  # The whole words before the cursor; options that take a value take the next "
    "one.\n"
    "  $typed = @($commandAst.CommandElements | Select-Object -Skip 1 |\n"
    "    Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |\n"
    "    ForEach-Object { $_.Extent.Text })\n"
    "  $values = @{}\n"
    "  foreach ($entry in $verbs.Values) {\n"
    "    foreach ($item in $entry.Split(' ')) {\n"
    "      if ($item.StartsWith('-') -and $item.Contains('=')) {\n"
    "        $values[$item.Split('=')[0]] = $true\n"
    "      }\n"
    "    }\n"
    "  }\n"
    "  $plain = @()\n"
    "  $pipes = @()\n"
    "  $option = ''\n"
    "  foreach ($word in $typed) {\n"
    "    if ($option) {\n"
    "      if ($option -in '--pipe', '--control') { $pipes += $option, $word }\n"
    "      $option = ''\n"
    "    } elseif ($word.StartsWith('-')) {\n"
    "      if ($values[$word]) { $option = $word }\n"
    "    } else {\n"
    "      $plain += $word\n"
    "    }\n"
    "  }\n"
    "  $verb = ''\n"
    "  foreach ($name in $verbs.Keys) {\n"
    "    if (\"$($plain -join ' ') \".StartsWith(\"$name \") -and\n"
    "        $name.Length -gt $verb.Length) { $verb = $name }\n"
    "  }\n"
    "  $items = @($verbs[$verb].Split(' '))\n"
    "\n";

/* Completing runs nothing that was only typed: a path on the line may lead to a program
 * that somebody has put there. */
static const char asking[] =
    "  # The service is asked for what only it knows, for no longer than a second.\n"
    "  # Whatever path was typed: who is asked is the program that PATH leads to, or "
    "nobody.\n"
    "  $program = Get-Command portguardctl.exe -CommandType Application |\n"
    "    Select-Object -First 1\n"
    "  $code = $global:LASTEXITCODE\n"
    "  function Ask([string[]] $Question) {\n"
    "    if (-not $program) { return }\n"
    "    try {\n"
    "      & $program.Path @Question @pipes --json --timeout 1s 2>$null |\n"
    "        Out-String | ConvertFrom-Json\n"
    "    } catch { $null }\n"
    "  }\n"
    "  function Known([string] $Kind) {\n"
    "    switch ($Kind) {\n"
    "      '@ports' { (Ask list).ports | ForEach-Object { \"$($_.port)\" } }\n"
    "      '@services' {\n"
    "        (Ask list).ports.holders | ForEach-Object { $_.service.name; $_.candidates "
    "}\n"
    "        (Ask policy, show).rules | ForEach-Object { $_.services }\n"
    "      }\n"
    "      '@rules' { (Ask policy, show).rules | ForEach-Object { $_.name } }\n"
    "      default { $Kind.Split(',') }\n"
    "    }\n"
    "  }\n"
    "\n"
    "  $found = @()\n"
    "  if ($option) {\n"
    "    $item = $items | Where-Object { $_.StartsWith(\"$option=\") }\n"
    "    if ($item) { $found = Known ($item.Split('=')[1]) }\n"
    "  } elseif ($wordToComplete.StartsWith('-')) {\n"
    "    $found = $items | Where-Object { $_.StartsWith('-') } |\n"
    "      ForEach-Object { $_.Split('=')[0] }\n"
    "  } else {\n"
    "    $start = ($plain + '') -join ' '\n"
    "    $found = @($verbs.Keys | Where-Object { $_.StartsWith($start) } |\n"
    "      ForEach-Object { $_.Substring($start.Length).Split(' ')[0] })\n"
    "    if ($verb) { $found += @(Known $items[0]) }\n"
    "  }\n"
    "  $global:LASTEXITCODE = $code\n"
    "\n";

static const char showing[] =
    "  # Names come from other programs: whatever is no plain word goes into quotes, "
    "and\n"
    "  # what has control characters is left out.\n"
    "  $begun = $wordToComplete.Trim(\"'\", '\"')\n"
    "  $found | Where-Object { $_ -and $_ -notmatch '\\p{C}' -and\n"
    "    $_.StartsWith($begun, 'OrdinalIgnoreCase') } | Select-Object -Unique |\n"
    "    ForEach-Object {\n"
    "      $text = $_\n"
    "      if ($text -notmatch '^[A-Za-z0-9_.-]+$') {\n"
    "        $text = \"'\" + [Management.Automation.Language.CodeGeneration]::"
    "EscapeSingleQuotedStringContent($text) + \"'\"\n"
    "      }\n"
    "      [Management.Automation.CompletionResult]::new($text, $_, 'ParameterValue', "
    "$_)\n"
    "    }\n"
    "}\n";

/* What stands behind the verb; "": nothing that could be offered. */
static const char *taken(enum verb_takes takes) {
  switch (takes) {
  case VERB_TAKES_A_PORT:
  case VERB_TAKES_PORTS:
  case VERB_MAY_TAKE_A_PORT:
    return OPTION_PORTS;
  case VERB_TAKES_A_SERVICE:
    return OPTION_SERVICES;
  case VERB_MAY_TAKE_A_RULE:
    return "@rules";
  case VERB_TAKES_NOTHING:
  case VERB_TAKES_AN_ADDRESS:
    break;
  }
  return "";
}

static void add_option(struct pg_text *out, enum option_name option,
                       const struct verb *verb) {
  const struct option_entry *entry = &option_entries[option];
  pg_text_printf(out, " --%s", entry->name);
  if (entry->value == NULL)
    return;
  pg_text_char(out, '=');
  for (const char *at = option_words(option, verb); *at != '\0'; at++)
    pg_text_char(out, *at == ' ' ? ',' : *at);
}

/* NULL: what may stand before a verb. */
static void add_verb(struct pg_text *out, const struct verb *verb) {
  pg_text_printf(out, "    '%s' = '%s", verb != NULL ? verb->name : "",
                 verb != NULL ? taken(verb->takes) : "");
  for (int i = 0; i < OPTION_COUNT; i++)
    if (option_belongs((enum option_name)i, verb) &&
        (verb == NULL || i != OPTION_VERSION)) /* which is a verb itself */
      add_option(out, (enum option_name)i, verb);
  pg_text_str_add(out, "'\n");
}

void completion_powershell(struct pg_text *out) {
  pg_text_str_add(out, begin);
  add_verb(out, NULL);
  for (size_t i = 0; verb_at(i) != NULL; i++)
    add_verb(out, verb_at(i));
  pg_text_str_add(out, words_so_far);
  pg_text_str_add(out, asking);
  pg_text_str_add(out, showing);
}
