# Shared by the scripts in this folder: dot-source it. Windows PowerShell 5.1 or
# later, elevated; the service must be installed and running (run.ps1 sees to it).
#
# $Bin is the folder with portguardsvc.exe and portguardctl.exe.
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$script:Failures = 0

function Check([string] $What, [bool] $Ok, [string] $Detail = '') {
  if ($Ok) {
    Write-Output "ok      $What"
  } else {
    $script:Failures++
    Write-Output "FAILED  $What  $Detail"
  }
}

# A check that cannot be made here, with the reason: counted by run.ps1.
function Skip([string] $What, [string] $Why) {
  Write-Output "skipped $What ($Why)"
}

# Ends the script with the number of failed checks.
function Finish {
  exit $script:Failures
}

# portguardctl with --json, as an object; $script:CtlExit is its exit code.
function Ctl {
  $text = & "$Bin\portguardctl.exe" @args --json 2>$null
  $script:CtlExit = $LASTEXITCODE
  if ($text) { return ($text -join "`n" | ConvertFrom-Json) }
  return $null
}

# netsh, which must succeed.
function Netsh {
  $said = & netsh.exe @args 2>&1
  if ($LASTEXITCODE -ne 0) { throw "netsh ${args}: $said" }
}

# The first true result of $Condition within $Seconds, or $null.
function WaitFor([scriptblock] $Condition, [int] $Seconds = 20) {
  $end = (Get-Date).AddSeconds($Seconds)
  do {
    $result = & $Condition
    if ($result) { return $result }
    Start-Sleep -Milliseconds 100
  } while ((Get-Date) -lt $end)
  return $null
}

# Events of the product with one of $Ids, not older than $Since.
function Events([int[]] $Ids, [datetime] $Since) {
  $filter = @{ LogName = 'Application'; ProviderName = 'PortGuard'; Id = $Ids; StartTime = $Since }
  return @(Get-WinEvent -FilterHashtable $filter -ErrorAction SilentlyContinue)
}

function RestartService {
  Stop-Service PortGuard -Force
  Start-Service PortGuard
}
