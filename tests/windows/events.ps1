# Event Viewer's side: whatever the service writes must render from the message table in
# portguardsvc.exe, in every view of it.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

$since = Get-Date
RestartService
$port = FreePort
$listener = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Loopback), $port
try {
  # As short as it may be, and still seen: until the service says so.
  $listener.Start()
  $taken = WaitFor { Events 1100 $since | Where-Object { $_.Message -match "\b$port\b" } }
} finally {
  $listener.Stop()
}
$released = WaitFor { Events 1101 $since | Where-Object { $_.Message -match "\b$port\b" } }
Check 'event 1100 names the port' ($null -ne $taken)
Check 'event 1101 names the port' ($null -ne $released)

# --- what was really written, by this script and those before it ---

# Of each ID the newest: the scripts before this one have caused most of them.
# Not by ID, since a query takes no more than some twenty of them.
$recent = @{ LogName = 'Application'; ProviderName = 'PortGuard'; StartTime = $since.AddHours(-2) }
$written = @(Get-WinEvent -FilterHashtable $recent | Where-Object { "$($_.Properties[0].Value)" -notlike 'portguard-test-*' } |
    Group-Object Id | ForEach-Object { $_.Group[0] })
foreach ($entry in $written) {
  $text = "$($entry.Message)"
  Check "event $($entry.Id) renders" ($text -and $text -notmatch '%\d') $text
  Check "event $($entry.Id) has a category text" (-not -not $entry.TaskDisplayName) "$($entry.TaskDisplayName)"
  Check "event $($entry.Id) has a level text" (-not -not $entry.LevelDisplayName) "$($entry.LevelDisplayName)"
  $json = "$($entry.Properties[$entry.Properties.Count - 1].Value)"
  try { $parsed = $json | ConvertFrom-Json } catch { $parsed = $null }
  Check "event $($entry.Id) ends in one line of JSON" ($parsed -and $parsed.event -eq $entry.Id) $json
}

# --- every text that there is, with strings of ours ---

# The list as the documents have it: | 1100 | warning ... |
$page = Join-Path $PSScriptRoot '..\..\docs\events.md'
$known = @(Select-String -Path $page -Pattern '^\| (1\d\d\d) \|' | ForEach-Object { [int] $_.Matches[0].Groups[1].Value } |
    Sort-Object -Unique)
Check 'docs/events.md lists the events' ($known.Count -ge 30) "$known"
$strings = [object[]] @(1..8 | ForEach-Object { "portguard-test-$_" })
foreach ($id in $known) {
  $since = Get-Date
  [Diagnostics.EventLog]::WriteEvent('PortGuard', (New-Object Diagnostics.EventInstance $id, 1, 'Information'), $strings)
  $entry = WaitFor { Events $id $since | Where-Object { $_.Properties[0].Value -eq 'portguard-test-1' } | Select-Object -First 1 } 10
  $text = if ($entry) { "$($entry.Message)" } else { '' }
  Check "the text of event $id is in the message table" ($text -match 'portguard-test-\d' -and $text -notmatch '%\d') $text
}
Finish
