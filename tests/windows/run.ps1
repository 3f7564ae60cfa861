# Everything in this folder, on a Windows machine that may be changed: installs the
# service from -Bin, runs each script, removes the service. Elevated.
#
#   tests\windows\run.ps1 -Bin build\msvc-x64\bin
param([Parameter(Mandatory)] [string] $Bin)
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$Bin = (Resolve-Path $Bin).Path
$tests = 'installation', 'pipe-access', 'squatting', 'listeners', 'http-sys', 'network', 'winnat', 'actions', 'policy', 'history', 'report', 'iis', 'events'
$failed = @()
$skipped = 0

& "$Bin\portguardsvc.exe" install
if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
try {
  Start-Service PortGuard
  foreach ($test in $tests) {
    Write-Output "== $test"
    # A process of its own: each ends with the number of its failed checks.
    powershell.exe -NoProfile -ExecutionPolicy Bypass -File "$PSScriptRoot\$test.ps1" -Bin $Bin |
      Tee-Object -Variable said
    if ($LASTEXITCODE -ne 0) { $failed += $test }
    $skipped += @($said | Where-Object { "$_" -like 'skipped *' }).Count
  }
} finally {
  & "$Bin\portguardsvc.exe" uninstall
}

& "$Bin\portguardsvc.exe" uninstall
if ($LASTEXITCODE -ne 0) { $failed += 'uninstall twice' }
if (Get-Service PortGuard -ErrorAction SilentlyContinue) { $failed += 'uninstall' }

Write-Output "$($failed.Count) scripts failed, $skipped checks skipped"
if ($failed) {
  Write-Output "failed: $($failed -join ', ')"
  exit 1
}
