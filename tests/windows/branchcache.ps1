# BranchCache on port 80 behind the real HTTP.sys: the other service that people find on
# their port 80 and have never heard of. It is switched on for this and off again.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

function BranchCacheHolder {
  $answer = Ctl status 80
  if (-not $answer) { return $null }
  return $answer.holders | Where-Object { $_.service -and $_.service.name -eq 'PeerDistSvc' } |
    Select-Object -First 1
}

function TestHeld {
  $holder = WaitFor { BranchCacheHolder } 60
  Check 'port 80 is held by PeerDistSvc' ($null -ne $holder)
  if (-not $holder) { return }
  Check 'by way of HTTP.sys' ($holder.kind -eq 'http.sys') $holder.kind
  Check 'that is certain' ($holder.confidence -eq 'certain') ($holder | ConvertTo-Json -Depth 8 -Compress)
  Check 'it is known as BranchCache' ($holder.known_as -eq 'BranchCache') "$($holder.known_as)"
  Check 'by its URL' ("$($holder.urls)" -match '116B50EB-ECE2-41AC-8429-9F9E963361B7') "$($holder.urls)"
  $by = @((Ctl status 80).fixes | ForEach-Object { $_.by_hand })
  Check 'the advice is to stop it' (@($by | Where-Object { $_ -like 'net stop PeerDistSvc*' }).Count -gt 0) "$by"
  Stop-Service PeerDistSvc -Force
  $gone = WaitFor { $answer = Ctl status 80; $CtlExit -eq 0 -and $answer -and -not (BranchCacheHolder) }
  Check 'it no longer holds the port once it has stopped' ([bool] $gone)
}

$service = Get-Service PeerDistSvc -ErrorAction SilentlyContinue
if (-not $service) {
  Skip 'BranchCache on port 80' 'BranchCache is not installed'
  Finish
}
if (-not (Get-Command Enable-BCDistributed -ErrorAction SilentlyContinue)) {
  Skip 'BranchCache on port 80' 'its cmdlets are not installed'
  Finish
}
$mode = "$((Get-BCClientConfiguration).CurrentClientMode)"
if ($mode -ne 'Disabled') {
  Skip 'BranchCache on port 80' "this machine uses it ($mode), which is left alone"
  Finish
}
$startType = $service.StartType
try {
  Enable-BCDistributed -Force | Out-Null
  Start-Service PeerDistSvc
  TestHeld
} finally {
  Disable-BC -Force | Out-Null
  Stop-Service PeerDistSvc -Force
  Set-Service PeerDistSvc -StartupType $startType
}
Finish
