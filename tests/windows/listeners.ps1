# The listener table of a real Windows: owners, creation times, IPv6 zones and the
# service tags of shared hosts.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

function FreshStatus([int] $Port) {
  return WaitFor { $a = Ctl status $Port; if ($a -and $a.state -eq 'in_use') { $a } }
}

$begun = (Get-Date).ToUniversalTime().AddSeconds(-2)
$listener = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Loopback), 0
$listener.Start()
try { $answer = FreshStatus $listener.LocalEndpoint.Port } finally { $listener.Stop() }
Check 'a plain listener is found' ($null -ne $answer)
if ($answer) {
  $row = @($answer.listeners)[0]
  Check 'the owner is this process' ($row.pid -eq $PID)
  Check 'its image path is known' ("$($row.path)" -match '\\(powershell|pwsh)\.exe$') "$($row.path)"
  Check 'since when is known' ($row.since -and ([datetime] $row.since).ToUniversalTime() -ge $begun) "$($row.since)"
}

$local = Get-NetIPAddress -AddressFamily IPv6 -ErrorAction SilentlyContinue |
  Where-Object { $_.IPAddress -like 'fe80*' -and $_.AddressState -eq 'Preferred' } | Select-Object -First 1
if ($local) {
  $listener = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Parse($local.IPAddress)), 0
  $listener.Start()
  try { $answer = FreshStatus $listener.LocalEndpoint.Port } finally { $listener.Stop() }
  $shown = "$(@($answer.listeners)[0].address)"
  Check 'a link-local address shows its zone' ($shown -eq $local.IPAddress) "$shown, expected $($local.IPAddress)"
} else {
  Skip 'a link-local address' 'no interface has one'
}

# Processes that run several services and own a listener.
$shared = Get-CimInstance Win32_Service -Filter 'ProcessId <> 0' | Group-Object ProcessId |
  Where-Object { $_.Count -gt 1 } | ForEach-Object { [int] $_.Name }
$ports = Get-NetTCPConnection -State Listen | Where-Object { $_.OwningProcess -in $shared }
if ($ports) {
  foreach ($one in ($ports | Sort-Object LocalPort -Unique)) {
    $answer = Ctl status $one.LocalPort
    if (-not $answer -or $answer.state -ne 'in_use') {
      Skip "the shared host on port $($one.LocalPort)" 'it listens there no more'
      continue
    }
    $holders = @($answer.holders | Where-Object { $_.kind -in 'shared_service', 'portproxy', 'service' })
    $known = @($holders | Where-Object { $_.service -or $_.kind -eq 'portproxy' }).Count -gt 0
    $honest = @($holders | Where-Object { -not $_.service -and @($_.candidates).Count -gt 1 }).Count -gt 0
    Check "port $($one.LocalPort): the service in the shared host is named, or the candidates are" ($known -or $honest) ($answer | ConvertTo-Json -Depth 8 -Compress)
    Note "port $($one.LocalPort): tag told: $known"
  }
} else {
  Skip 'service tags' 'no shared host listens here'
}
Finish
