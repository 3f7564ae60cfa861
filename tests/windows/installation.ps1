# What `portguardsvc install` set, as Windows tells it back. Wine knows neither
# service SIDs nor privilege lists nor recovery actions.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

$key = Get-ItemProperty 'HKLM:\SYSTEM\CurrentControlSet\Services\PortGuard'
Check 'the path is quoted' ($key.ImagePath -match '^".*\\portguardsvc\.exe"$') $key.ImagePath
Check 'it runs as LocalSystem' ($key.ObjectName -eq 'LocalSystem')
Check 'it starts with Windows' ($key.Start -eq 2)
Check 'it has a service SID' ($key.ServiceSidType -eq 1)
$privileges = "$($key.RequiredPrivileges)"
Check 'it keeps one privilege' ($privileges -eq 'SeChangeNotifyPrivilege') $privileges
Check 'recovery actions are set' ($null -ne $key.FailureActions)
Check 'they also follow an error exit' ($key.FailureActionsOnNonCrashFailures -eq 1)

function ServicePid {
  return (Get-CimInstance Win32_Service -Filter "Name='PortGuard'").ProcessId
}

# --- what Windows makes of it ---

# A type 1 service SID: the process has the service's own group. Privileges that are not
# in the list are not in its token at all.
$said = Run sc.exe qsidtype PortGuard
Check 'Windows tells the type of the SID' ("$said" -match 'UNRESTRICTED') "$said"
$said = Run sc.exe qprivs PortGuard
Check 'Windows tells the one privilege' ("$said" -match 'SeChangeNotifyPrivilege') "$said"

$before = ServicePid
Stop-Process -Id $before -Force
$after = WaitFor { $id = ServicePid; if ($id -and $id -ne $before) { $id } } 60
Check 'a service that died is started again' ($null -ne $after)
Check 'and answers' (Answers)

$said = Run "$Bin\portguardsvc.exe" install
Check 'install may be repeated' ($LASTEXITCODE -eq 0) "$said"
Check 'it still runs' ((Get-Service PortGuard).Status -eq 'Running')
Check 'in the same process' ((ServicePid) -eq $after)

$said = Run sc.exe control PortGuard paramchange
Check 'paramchange is accepted' ($LASTEXITCODE -eq 0) "$said"

# --- what was undone is mended at a start ---

$registration = 'HKLM:\SYSTEM\CurrentControlSet\Services\PortGuard'
$source = 'HKLM:\SYSTEM\CurrentControlSet\Services\EventLog\Application\PortGuard'
Check 'the event source is registered' (Test-Path $source)
try {
  Run sc.exe sidtype PortGuard none | Out-Null
  Run sc.exe failureflag PortGuard 0 | Out-Null
  Run sc.exe privs PortGuard SeChangeNotifyPrivilege/SeDebugPrivilege | Out-Null
  Run sc.exe failure PortGuard 'reset=' 0 'actions=' run/1000/restart/1000 'command=' hostname.exe | Out-Null
  Remove-Item $source
  RestartService
  $mended = WaitFor {
    $key = Get-ItemProperty $registration
    $key.ServiceSidType -eq 1 -and $key.FailureActionsOnNonCrashFailures -eq 1 -and
    "$($key.RequiredPrivileges)" -eq 'SeChangeNotifyPrivilege' -and (Test-Path $source)
  } 10
  Check 'a start mends what was undone' ($null -ne $mended)
  $actions = (Get-ItemProperty $registration).FailureActions
  Check 'a first failure starts it again' ([BitConverter]::ToUInt32($actions, 20) -eq 1)
} finally {
  $said = Run "$Bin\portguardsvc.exe" install
}
Check 'install mends all of it as well' ($LASTEXITCODE -eq 0 -and (Test-Path $source)) "$said"
Finish
