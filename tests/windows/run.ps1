# Everything in this folder, on a Windows machine that may be changed: installs the
# service from -Bin, runs each script with a time limit, removes the service, and then
# installs and removes the MSI, if one is given. Elevated. Prints TAP, each script a subtest.
#
#   tests\windows\run.ps1 -Bin build\msvc-x64\bin
#   tests\windows\run.ps1 -Bin build\msvc-x64\bin -PowerShell pwsh.exe -Only iis,network
#   tests\windows\run.ps1 -Bin build\msvc-x64\bin -Only msi -Msi portguard-1.0.0-x64.msi
param(
  [Parameter(Mandatory)] [string] $Bin,
  [string] $Msi = '',
  [string] $OldMsi = '',
  [string[]] $Only = @(),
  [string] $PowerShell = 'powershell.exe')
Set-StrictMode -Version 1
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false

# In this order, each with its time limit in seconds. The first need the service as
# `install` makes it, those below -Msi that there is none.
$tests = [ordered] @{
  'installation' = 180
  'pipe-access' = 180
  'squatting' = 240
  'listeners' = 180
  'http-sys' = 180
  'network' = 420
  'winnat' = 300
  'actions' = 300
  'disk-full' = 240
  'policy' = 600
  'group-policy' = 300
  'history' = 600
  'report' = 180
  'metrics' = 300
  'doctor' = 300
  'completion' = 180
  'iis' = 300
  'branchcache' = 300
  'events' = 180
  'event-view' = 180
  'event-task' = 240
  'event-forwarding' = 180
}
$installers = [ordered] @{
  'msi' = 1500
}

# With `powershell -File` a list comes as one word.
$Only = @($Only | ForEach-Object { $_ -split ',' } | Where-Object { $_ })
$unknown = @($Only | Where-Object { $_ -notin (@($tests.Keys) + @($installers.Keys)) })
if ($unknown) { throw "no such script: $unknown" }

# A backslash at the end would take the quote behind it for its own.
function Whole([string] $Path) {
  if (-not $Path) { return '' }
  return (Resolve-Path -LiteralPath $Path).ProviderPath.TrimEnd('\')
}

$Bin = Whole $Bin
$Msi = Whole $Msi
$OldMsi = Whole $OldMsi
$script:ran = 0
$script:failed = @()
$script:skipped = 0

function Say([string] $Line) {
  [Console]::Out.WriteLine($Line)
}

function Result([string] $What, [bool] $Ok) {
  $script:ran++
  if (-not $Ok) { $script:failed += $What }
  Say "$(if ($Ok) { 'ok' } else { 'not ok' }) $script:ran - $What"
}

# In a process and a console of its own, without the module path of this one, which may
# be of another PowerShell.
function Started([string] $Name, [string] $Words) {
  $start = New-Object Diagnostics.ProcessStartInfo $PowerShell
  $start.Arguments = "-NoProfile -NonInteractive -ExecutionPolicy Bypass -File `"$PSScriptRoot\$Name.ps1`" -Bin `"$Bin`" $Words"
  $start.UseShellExecute = $false
  $start.CreateNoWindow = $true
  $start.RedirectStandardOutput = $true
  $start.StandardOutputEncoding = New-Object Text.UTF8Encoding $false
  $start.EnvironmentVariables.Remove('PSModulePath')
  return [Diagnostics.Process]::Start($start)
}

# Shows what it prints, until it ends or its time is over; false: its time was over.
# A program that it left behind may have its output open still: that is not waited for.
function Followed([Diagnostics.Process] $Process, [int] $Seconds, [Collections.ArrayList] $Said) {
  $clock = [Diagnostics.Stopwatch]::StartNew()
  $line = $Process.StandardOutput.ReadLineAsync()
  while ($clock.Elapsed.TotalSeconds -lt $Seconds) {
    if (-not $line.Wait(1000)) {
      if ($Process.HasExited) { return $true }
      continue
    }
    if ($null -eq $line.Result) {
      $left = [Math]::Max(1000, 1000 * ($Seconds - $clock.Elapsed.TotalSeconds))
      return $Process.WaitForExit([int] $left)
    }
    $null = $Said.Add($line.Result)
    Say "    $($line.Result)"
    $line = $Process.StandardOutput.ReadLineAsync()
  }
  return $false
}

# Whether every check that was planned was made and passed.
function Passed([Collections.ArrayList] $Said) {
  $plan = @($Said | Where-Object { $_ -match '^1\.\.\d+$' })
  $made = @($Said | Where-Object { $_ -match '^(not )?ok \d+' })
  $bad = @($made | Where-Object { $_ -like 'not ok*' })
  return $plan.Count -eq 1 -and $plan[0] -eq "1..$($made.Count)" -and $bad.Count -eq 0
}

function RunScript([string] $Name, [int] $Seconds, [string] $Words = '') {
  if ($Only -and $Name -notin $Only) { return }
  Say "# Subtest: $Name"
  $said = New-Object Collections.ArrayList
  $process = Started $Name $Words
  $inTime = Followed $process $Seconds $said
  if (-not $inTime) {
    Say "    # ended after $Seconds s"
    & taskkill.exe /T /F /PID $process.Id | Out-Null
  }
  $script:skipped += @($said | Where-Object { $_ -match '^ok \d+ .*# SKIP ' }).Count
  Result $Name ($inTime -and $process.ExitCode -eq 0 -and (Passed $said))
}

function IsInstalled {
  return $null -ne (Get-Service PortGuard -ErrorAction SilentlyContinue)
}

Say 'TAP version 14'
if (IsInstalled) {
  Say 'Bail out! PortGuard is installed already: run portguardsvc uninstall, or remove the MSI'
  exit 2
}
$ofService = @($tests.Keys | Where-Object { -not $Only -or $_ -in $Only })
if ($ofService) {
  & "$Bin\portguardsvc.exe" install | ForEach-Object { Say "# $_" }
  if ($LASTEXITCODE -ne 0) {
    Say "Bail out! portguardsvc install: exit code $LASTEXITCODE"
    exit 2
  }
  try {
    Start-Service PortGuard
    foreach ($test in $ofService) { RunScript $test $tests[$test] }
  } finally {
    & "$Bin\portguardsvc.exe" uninstall | ForEach-Object { Say "# $_" }
    Result 'the service can be removed' ($LASTEXITCODE -eq 0 -and -not (IsInstalled))
  }
  & "$Bin\portguardsvc.exe" uninstall | ForEach-Object { Say "# $_" }
  Result 'and removing it may be repeated' ($LASTEXITCODE -eq 0)
}
if ($Msi) {
  $words = "-Msi `"$Msi`""
  if ($OldMsi) { $words += " -OldMsi `"$OldMsi`"" }
  foreach ($test in $installers.Keys) { RunScript $test $installers[$test] $words }
}

Say "1..$script:ran"
Say "# $($script:failed.Count) failed, $script:skipped checks skipped"
if ($script:failed) {
  Say "# failed: $($script:failed -join ', ')"
  exit 1
}
exit 0
