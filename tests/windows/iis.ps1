# The case the product is for: IIS on port 80, first with nobody but its controller at
# the queue, then with a worker process.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

function IisHolder {
  $answer = Ctl status 80
  if (-not $answer) { return $null }
  return $answer.holders | Where-Object { $_.service -and $_.service.name -eq 'W3SVC' } |
    Select-Object -First 1
}

$iis = Get-Service W3SVC -ErrorAction SilentlyContinue
if (-not $iis) {
  Skip 'IIS on port 80' 'IIS is not installed'
  Finish
}
$ran = $iis.Status -eq 'Running'
$startType = $iis.StartType
try {
  if ($startType -eq 'Disabled') { Set-Service W3SVC -StartupType Manual }
  Restart-Service W3SVC -Force
  $holder = WaitFor { IisHolder }
  Check 'port 80 is held by W3SVC' ($null -ne $holder)
  if ($holder) {
    Check 'by way of HTTP.sys' ($holder.kind -eq 'http.sys') $holder.kind
    Check 'that is certain' ($holder.confidence -eq 'certain') ($holder | ConvertTo-Json -Depth 8 -Compress)
    Check 'it is known as IIS' ($holder.known_as -eq 'Internet Information Services') "$($holder.known_as)"
    $fixes = @((Ctl status 80).fixes | ForEach-Object { $_.by_hand })
    Check 'the advice is to stop W3SVC' (@($fixes | Where-Object { $_ -like 'net stop W3SVC*' }).Count -gt 0) "$fixes"
  }
  # The first request starts a worker process. What it answers does not matter.
  try {
    Invoke-WebRequest 'http://localhost/' -UseBasicParsing -TimeoutSec 60 | Out-Null
  } catch { Note "http://localhost/ answered: $_" }
  $holder = WaitFor {
    $h = IisHolder
    if ($h -and $h.process -and $h.process.name -eq 'w3wp.exe') { $h }
  } 60
  Check 'its worker process is named' ($null -ne $holder)
  Stop-Service W3SVC -Force
  $gone = WaitFor { $answer = Ctl status 80; $CtlExit -eq 0 -and $answer -and -not (IisHolder) }
  Check 'W3SVC no longer holds the port once it has stopped' ([bool] $gone)
} finally {
  if ($ran) { Start-Service W3SVC } else { Stop-Service W3SVC -Force }
  if ($startType -eq 'Disabled') { Set-Service W3SVC -StartupType Disabled }
}
Finish
