# Event Viewer's side: every event the service wrote must render from the message
# table in portguardsvc.exe.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

$since = Get-Date
RestartService
$port = Get-Random -Minimum 20000 -Maximum 40000
$listener = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Loopback), $port
# As short as it may be, and still seen: until the service says so.
$listener.Start()
$taken = WaitFor { Events 1100 $since | Where-Object { $_.Message -match "\b$port\b" } }
$listener.Stop()
$released = WaitFor { Events 1101 $since | Where-Object { $_.Message -match "\b$port\b" } }
Check 'event 1100 names the port' ($null -ne $taken)
Check 'event 1101 names the port' ($null -ne $released)

foreach ($entry in (Events @(1000, 1001, 1100, 1101) $since)) {
  $text = $entry.Message
  Check "event $($entry.Id) renders" ($text -and $text -notmatch '%\d') $text
  Check "event $($entry.Id) has a category text" ($entry.TaskDisplayName -in 'Service', 'Port') $entry.TaskDisplayName
  $json = $entry.Properties[$entry.Properties.Count - 1].Value
  try { $parsed = $json | ConvertFrom-Json } catch { $parsed = $null }
  Check "event $($entry.Id) ends in one line of JSON" ($parsed -and $parsed.event -eq $entry.Id) $json
}
Finish
