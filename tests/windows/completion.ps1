# What PowerShell itself offers after `portguardctl completion powershell`: verbs, options,
# ports and names from the service, and nothing but verbs and options without one.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

$env:PATH = "$Bin;$env:PATH"
Run "$Bin\portguardctl.exe" completion powershell | Out-String | Invoke-Expression

# What stands in the list for a line with the cursor at its end.
function Offered([string] $Line) {
  return @((TabExpansion2 $Line $Line.Length).CompletionMatches | ForEach-Object { $_.CompletionText })
}

function Offers([string] $Line, [string[]] $Words) {
  $got = Offered $Line
  $missing = @($Words | Where-Object { $_ -notin $got })
  Check "'$Line' is completed with $Words" ($missing.Count -eq 0) "offered: $got"
}

Check 'the first letters of a verb' ("$(Offered 'portguardctl hea')" -eq 'health') "$(Offered 'portguardctl hea')"
Offers 'portguardctl ' @('status', 'list', 'http', 'policy', 'doctor')
Offers 'portguardctl.exe http ' @('queues', 'reservations', 'iplisten', 'certificates')
Offers 'portguardctl http iplisten ' @('list', 'add', 'delete')
Check 'a verb of two words' ("$(Offered 'portguardctl policy pa')" -eq 'pause') "$(Offered 'portguardctl policy pa')"
Offers 'portguardctl free 80 --d' @('--dry-run', '--dependents')
Offers 'portguardctl stop W3SVC --dependents ' @('refuse', 'stop')
Offers 'portguardctl graph 80 --format ' @('text', 'dot', 'mermaid')
Offers 'portguardctl wait 80 --until ' @('free', 'in-use')
Check 'no option of another verb' ('--dependents' -notin (Offered 'portguardctl status --d')) "$(Offered 'portguardctl status --d')"

# --- asked from the service ---

$listener = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Loopback), 0
$listener.Start()
try {
  $port = "$($listener.LocalEndpoint.Port)"
  $seen = WaitFor { $port -in (Offered 'portguardctl status ') }
  Check 'a port that somebody listens on' ($null -ne $seen) "$(Offered 'portguardctl status ')"
  Offers "portguardctl --timeout 5s history $($port.Substring(0, 1))" @($port)
} finally {
  $listener.Stop()
}
$services = @((Ctl list).ports | ForEach-Object { $_.holders } | ForEach-Object { $_.service } |
  Where-Object { $_ } | ForEach-Object { $_.name } | Select-Object -Unique)
if ($services) {
  Offers 'portguardctl stop ' @($services | Where-Object { $_ -match '^[A-Za-z0-9_.-]+$' })
} else {
  Skip 'services that hold a port' 'none does here'
}

$config = Join-Path $env:ProgramData 'PortGuard\config.json'
$kept = if (Test-Path $config) { Get-Content -Raw $config } else { $null }
try {
  $text = '{"version": 1, "rules": [{"name": "it''s $mine", "ports": [80], "services": ["W3SVC"]}]}'
  Set-Content -Path $config -Value $text -Encoding Ascii
  Run "$Bin\portguardctl.exe" policy reload | Out-Null
  Offers 'portguardctl policy pause ' @("'it''s `$mine'")
  Offers 'portguardctl stop W' @('W3SVC')
} finally {
  if ($null -eq $kept) { Remove-Item $config } else { Set-Content -Path $config -Value $kept -NoNewline }
  Run "$Bin\portguardctl.exe" policy reload | Out-Null
}

# --- what it must not run, and where it is kept ---

$folder = Join-Path ([IO.Path]::GetTempPath()) "portguard-completion-$PID"
New-Item -ItemType Directory $folder | Out-Null
$here = Get-Location
try {
  # PowerShell looks for a completer by the name without its ending too.
  $planted = Join-Path $folder 'portguardctl.cmd'
  Set-Content -Path $planted -Value '@echo ran> "%~dp0ran.txt"' -Encoding Ascii
  Set-Location $folder
  foreach ($path in '.\portguardctl.cmd', "& '$planted'") {
    $got = Offered "$path status "
    Check "behind $path ports are offered" ($got.Count -gt 0)
    Check 'and the program there is not run for it' (-not (Test-Path (Join-Path $folder 'ran.txt')))
  }
  # The two lines of the help, as they are typed, with neither a profile nor its folder.
  $kept = Join-Path $folder 'missing\profile.ps1'
  $lines = @(Run "$Bin\portguardctl.exe" completion powershell --help | Where-Object { $_ -match '\$PROFILE' })
  Set-Variable -Name PROFILE -Value $kept
  foreach ($round in 1, 2) {
    ($lines -join "`n") | Invoke-Expression | Out-Null
    $count = @(Select-String -Path $kept -Pattern '^Register-ArgumentCompleter').Count
    Check "the profile has the script after $round rounds of those lines" ($count -eq $round) "$count"
  }
} finally {
  Set-Location $here
  Remove-Item -Recurse $folder
}

# --- without it ---

Stop-Service PortGuard -Force
try {
  $Error.Clear()
  $global:LASTEXITCODE = 42
  $clock = [Diagnostics.Stopwatch]::StartNew()
  Offered 'portguardctl status ' | Out-Null
  Check 'without the service it ends in time' ($clock.Elapsed.TotalSeconds -lt 5) "$($clock.Elapsed)"
  Check 'leaves the exit code of the last command alone' ($LASTEXITCODE -eq 42)
  Offers 'portguardctl po' @('policy')
  Check 'rules are not made up' ((Offered 'portguardctl policy pause ').Count -eq 0)
} finally {
  Start-Service PortGuard
}
Check 'the service answers again' (Answers)
Finish
