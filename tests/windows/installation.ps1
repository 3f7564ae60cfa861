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

$before = (Get-CimInstance Win32_Service -Filter "Name='PortGuard'").ProcessId
Stop-Process -Id $before -Force
$after = WaitFor {
  $id = (Get-CimInstance Win32_Service -Filter "Name='PortGuard'").ProcessId
  if ($id -and $id -ne $before) { $id }
} 30
Check 'a service that died is started again' ($null -ne $after)

& "$Bin\portguardsvc.exe" install | Out-Null
Check 'install may be repeated' ($LASTEXITCODE -eq 0)
Check 'it still runs' ((Get-Service PortGuard).Status -eq 'Running')

sc.exe sidtype PortGuard none | Out-Null
sc.exe failureflag PortGuard 0 | Out-Null
sc.exe privs PortGuard SeChangeNotifyPrivilege/SeDebugPrivilege | Out-Null
sc.exe failure PortGuard reset= 0 actions= run/1000/restart/1000 command= hostname.exe | Out-Null
$source = 'HKLM:\SYSTEM\CurrentControlSet\Services\EventLog\Application\PortGuard'
Remove-Item $source
Restart-Service PortGuard
$mended = WaitFor {
  $key = Get-ItemProperty 'HKLM:\SYSTEM\CurrentControlSet\Services\PortGuard'
  $key.ServiceSidType -eq 1 -and $key.FailureActionsOnNonCrashFailures -eq 1 -and
  "$($key.RequiredPrivileges)" -eq 'SeChangeNotifyPrivilege' -and (Test-Path $source)
} 10
Check 'a start mends what was undone' ($mended)
$actions = (Get-ItemProperty 'HKLM:\SYSTEM\CurrentControlSet\Services\PortGuard').FailureActions
Check 'a first failure starts it again' ([BitConverter]::ToUInt32($actions, 20) -eq 1)

sc.exe control PortGuard paramchange | Out-Null
Check 'paramchange is accepted' ($LASTEXITCODE -eq 0)
Finish
