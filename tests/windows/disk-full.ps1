# What is to be noted before a service is stopped, on a disk that is full: a small volume
# in a file, and a service of the console whose folder is there. The installed one stays
# as it is.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

$double = Join-Path (Split-Path $Bin) 'doubles\testsvc.exe'
if (-not (Test-Path $double)) {
  Skip 'a full disk' "there is no $double"
  Finish
}
$disk = Join-Path $env:TEMP "portguard-full-$PID.vhd"
$letter = [char[]] (75..90) | Where-Object { -not (Test-Path "${_}:\") } | Select-Object -First 1
$volume = "${letter}:\"
$state = "${volume}state"
$trial = "\\.\pipe\portguard-full-$PID"
$control = "$trial-control"

# diskpart knows neither arguments nor strings: it reads a file.
function DiskPart([string[]] $Lines) {
  $script = Join-Path $env:TEMP "portguard-full-$PID.txt"
  [IO.File]::WriteAllLines($script, $Lines)
  $said = Run diskpart.exe /s $script
  $code = $LASTEXITCODE
  Remove-Item $script
  if ($code -ne 0) { Note "diskpart: $said" }
  return $code -eq 0
}

# Until not even a file of a few bytes, which NTFS keeps in its own table, can be made.
function Fill {
  $count = 0
  foreach ($size in 1MB, 64KB, 4KB, 500) {
    $bytes = New-Object byte[] $size
    while ($count -lt 100000) {
      $count++
      try { [IO.File]::WriteAllBytes("${volume}fill-$count", $bytes) } catch [IO.IOException] { break }
    }
  }
  Note "filled by $count files"
}

function StopIt {
  return Ctl stop PgTestFull --yes --pipe $trial --control $control
}

function Runs {
  return (Get-Service PgTestFull).Status -eq 'Running'
}

function TestFullDisk {
  Fill
  $refused = StopIt
  Check 'what cannot be noted is not done' ($CtlExit -eq 7 -and (Runs)) "$CtlExit"
  Check 'and the answer says so' ($refused -and $refused.error.message -match 'nothing was done') "$($refused.error.message)"
  Ctl status 80 --pipe $trial | Out-Null
  Check 'the service goes on' ($CtlExit -eq 0) "$CtlExit"
  Check 'nothing half written is left' (-not (Test-Path "$state\state.json.new"))
  Remove-Item "${volume}fill-*"
  StopIt | Out-Null
  Check 'with room again it is done' ($CtlExit -eq 0 -and -not (Runs)) "$CtlExit"
  Check 'and noted' ([IO.File]::ReadAllText("$state\state.json") -match 'PgTestFull')
  Ctl restore PgTestFull --yes --pipe $trial --control $control | Out-Null
  Check 'so that it can be given back' ($CtlExit -eq 0 -and (Runs)) "$CtlExit"
}

$console = $null
try {
  $made = DiskPart "create vdisk file=`"$disk`" maximum=64 type=fixed", "select vdisk file=`"$disk`"", 'attach vdisk',
    'create partition primary', 'format fs=ntfs quick', "assign letter=$letter"
  if (-not $made -or -not (WaitFor { Test-Path $volume })) {
    Skip 'a full disk' 'no volume can be made in a file here'
  } else {
    Run $double install PgTestFull 0 normal | Out-Null
    Start-Service PgTestFull
    $words = "run --pipe $trial --control $control --state $state"
    $console = Start-Process "$Bin\portguardsvc.exe" -ArgumentList $words -PassThru -WindowStyle Hidden
    if (-not (WaitFor { Ctl version --pipe $trial | Out-Null; $CtlExit -eq 0 })) { throw 'the service of the console does not answer' }
    TestFullDisk
  }
} finally {
  if ($console) {
    Stop-Process -Id $console.Id -Force -ErrorAction SilentlyContinue
    $console.WaitForExit()
  }
  Run $double uninstall PgTestFull | Out-Null
  $null = DiskPart "select vdisk file=`"$disk`"", 'detach vdisk'
  Remove-Item $disk -ErrorAction SilentlyContinue
}
Finish
