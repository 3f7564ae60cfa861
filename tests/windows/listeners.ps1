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
$port = $listener.LocalEndpoint.Port
$answer = FreshStatus $port
if ($answer) {
  $row = @($answer.listeners)[0]
  Check 'the owner is this process' ($row.pid -eq $PID)
  Check 'its image path is known' ("$($row.path)" -match '\\(powershell|pwsh)\.exe$') "$($row.path)"
  Check 'since when is known' ($row.since -and ([datetime] $row.since).ToUniversalTime() -ge $begun) "$($row.since)"
}
Check 'a plain listener is found' ($null -ne $answer)
$listener.Stop()

$local = Get-NetIPAddress -AddressFamily IPv6 -ErrorAction SilentlyContinue |
  Where-Object { $_.IPAddress -like 'fe80*' -and $_.AddressState -eq 'Preferred' } | Select-Object -First 1
if ($local) {
  $listener = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Parse($local.IPAddress)), 0
  $listener.Start()
  $answer = FreshStatus $listener.LocalEndpoint.Port
  $shown = "$(@($answer.listeners)[0].address)"
  Check 'a link-local address shows its zone' ($shown -eq $local.IPAddress) "$shown, expected $($local.IPAddress)"
  $listener.Stop()
} else {
  Skip 'a link-local address' 'no interface has one'
}

# Processes that run several services and own a listener.
$shared = Get-CimInstance Win32_Service -Filter 'ProcessId <> 0' | Group-Object ProcessId |
  Where-Object { $_.Count -gt 1 } | ForEach-Object { [int] $_.Name }
$ports = Get-NetTCPConnection -State Listen | Where-Object { $_.OwningProcess -in $shared }
if ($ports) {
  foreach ($one in ($ports | Sort-Object LocalPort -Unique)) {
    $holder = @((Ctl status $one.LocalPort).holders)[0]
    $known = $holder.service -and $holder.kind -eq 'shared_service'
    $honest = -not $holder.service -and @($holder.candidates).Count -gt 1
    Check "port $($one.LocalPort): the service in the shared host is named, or the candidates are" ($known -or $honest)
    Write-Output "        tag told: $([bool] $known)"
  }
} else {
  Skip 'service tags' 'no shared host listens here'
}
Finish
