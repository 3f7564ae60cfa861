# The package as Windows Installer itself treats it: names with spaces and quotes, what a
# first start sets, repair, upgrade over a running service, downgrade, and nothing left
# behind. PortGuard must not be installed. -OldMsi is a package of an older version.
param([Parameter(Mandatory)] [string] $Bin, [string] $Msi = '', [string] $OldMsi = '')
. "$PSScriptRoot\common.ps1"

$registration = 'HKLM:\SYSTEM\CurrentControlSet\Services\PortGuard'
$source = 'HKLM:\SYSTEM\CurrentControlSet\Services\EventLog\Application\PortGuard'
$machine = 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager\Environment'
$data = Join-Path $env:ProgramData 'PortGuard'
$usual = Join-Path $env:ProgramFiles 'PortGuard'
# Spaces, an ampersand, an apostrophe and a percent sign.
$odd = Join-Path $env:ProgramFiles "Port Guard & Sons' 100%"
$work = Join-Path $env:TEMP "portguard msi & 'test' $PID"

# The exit code of msiexec, which is a program of windows and not waited for otherwise. The
# arguments are one text, since msiexec has quoting rules of its own: PROPERTY="a b".
function MsiExec([string] $Words) {
  $log = Join-Path $work "msiexec-$([guid]::NewGuid().ToString('N')).log"
  $process = Start-Process msiexec.exe -ArgumentList "$Words /qn /norestart /l*v `"$log`"" -PassThru
  $null = $process.Handle # or its exit code would not be kept
  if (-not $process.WaitForExit(180000)) { Bail "msiexec $Words does not end, see $log" }
  if ($process.ExitCode -notin 0, 3010) {
    Note "msiexec ${Words}: exit code $($process.ExitCode)"
    Get-Content $log -ErrorAction SilentlyContinue | Where-Object { $_ -match 'Error \d{4}|Return value 3' } |
      Select-Object -First 10 | ForEach-Object { Note $_ }
  }
  return $process.ExitCode
}

function Done([string] $What, [int] $Code) {
  Check $What ($Code -in 0, 3010) "exit code $Code"
}

function Registered {
  return Get-ItemProperty $registration -ErrorAction SilentlyContinue
}

# Not expanded, as the registry has it.
function MachinePath {
  $key = Get-Item $machine
  return @($key.GetValue('Path', '', 'DoNotExpandEnvironmentNames') -split ';' | ForEach-Object { $_.TrimEnd('\') })
}

# Where Windows shows the packages that are installed.
function Entries {
  $keys = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\*'
  return @(Get-ItemProperty $keys -ErrorAction SilentlyContinue | Where-Object { $_.DisplayName -eq 'PortGuard' })
}

function Runs {
  $service = Get-Service PortGuard -ErrorAction SilentlyContinue
  return $service -and $service.Status -eq 'Running'
}

function InstalledCtl([string] $Folder) {
  $text = Run (Join-Path $Folder 'portguardctl.exe') version --json
  return $LASTEXITCODE -eq 0 -and "$text" -match '"service"'
}

function CheckInstalled([string] $Folder) {
  $key = Registered
  $image = Join-Path $Folder 'portguardsvc.exe'
  Check 'the service is registered' ($null -ne $key)
  if (-not $key) { return }
  Check 'its path is quoted' ($key.ImagePath -eq "`"$image`"") $key.ImagePath
  Check 'it runs as LocalSystem and starts with Windows' ($key.ObjectName -eq 'LocalSystem' -and $key.Start -eq 2) "$($key.ObjectName) $($key.Start)"
  Check 'the program is there' (Test-Path -LiteralPath $image)
  $path = MachinePath
  Check 'the folder is in PATH, once' (@($path | Where-Object { $_ -eq $Folder }).Count -eq 1) "$path"
  $events = Get-ItemProperty $source -ErrorAction SilentlyContinue
  Check 'the event source has its message file' ($events -and $events.EventMessageFile.Trim('"') -eq $image) "$($events.EventMessageFile)"
  Check 'Windows lists one package' ((Entries).Count -eq 1)
}

# What a package of these tools cannot say, and the service sets at its first start.
function CheckFirstStart([string] $Folder) {
  Check 'the service runs' ([bool] (WaitFor { Runs } 30))
  Check 'and answers' ([bool] (WaitFor { InstalledCtl $Folder } 30))
  $set = WaitFor {
    $key = Registered
    $key -and $key.ServiceSidType -eq 1 -and $key.FailureActionsOnNonCrashFailures -eq 1 -and $key.FailureActions
  }
  $key = Registered
  Check 'the first start sets service SID and recovery' ($null -ne $set) "$($key | ConvertTo-Json -Compress)"
  Check 'and the list of privileges' ("$($key.RequiredPrivileges)" -eq 'SeChangeNotifyPrivilege') "$($key.RequiredPrivileges)"
  $text = Run (Join-Path $Folder 'portguardctl.exe') doctor --json
  $failed = @(($text -join "`n" | ConvertFrom-Json).checks | Where-Object { $_.state -eq 'failed' } | ForEach-Object { "$($_.name): $($_.detail)" })
  Check 'doctor finds everything in place' ($LASTEXITCODE -eq 0 -and -not $failed) "$failed"
  $writers = WhoElseMay (Get-Acl $data) 'WriteData, AppendData, Delete, ChangePermissions, TakeOwnership' 'S-1-5-18', 'S-1-5-32-544'
  Check 'the folder in ProgramData is the service''s alone' (-not $writers) "$writers"
}

function CheckNothingLeft([string] $Folder) {
  Check 'the service is gone' ([bool] (WaitFor { -not (Get-Service PortGuard -ErrorAction SilentlyContinue) } 30))
  Check 'the folder is gone' (-not (Test-Path -LiteralPath $Folder))
  Check 'PATH has no entry left' (@(MachinePath | Where-Object { $_ -eq $Folder }).Count -eq 0)
  Check 'the event source is gone' (-not (Test-Path $source))
  Check 'the registry key is gone' (-not (Test-Path 'HKLM:\SOFTWARE\PortGuard'))
  Check 'Windows lists no package' ((Entries).Count -eq 0)
  $views = @(Get-ChildItem "$env:ProgramData\Microsoft\Event Viewer\Views" -Filter 'PortGuard*.xml' -ErrorAction SilentlyContinue)
  Check 'Event Viewer has no view left' ($views.Count -eq 0) "$views"
}

# --- installed where names are odd, with a configuration ---

function TestOddNames([string] $Package) {
  $config = Join-Path $work "my 'config' & more.json"
  [IO.File]::WriteAllText($config, '{"version": 1, "guarded_ports": [80, 443, 4711]}')
  Done 'a package with spaces and quotes in its path installs' (MsiExec "/i `"$Package`" INSTALLDIR=`"$odd`" CONFIG=`"$config`"")
  CheckInstalled $odd
  CheckFirstStart $odd
  $value = WaitFor { -not (Get-ItemProperty 'HKLM:\SOFTWARE\PortGuard' -ErrorAction SilentlyContinue).ImportConfig }
  Check 'the name of the configuration is taken from the registry' ([bool] $value)
  # Trusted or not is for the service to say: a folder of one user is not.
  $told = WaitFor { Events @(1002, 1003) $begun | Select-Object -First 1 }
  Check 'and the event log says what came of it' ($null -ne $told)
  Done 'it is removed by its package' (MsiExec "/x `"$Package`"")
  CheckNothingLeft $odd
}

# --- repair ---

function TestRepair([string] $Package) {
  $program = Join-Path $usual 'portguardctl.exe'
  Remove-Item -LiteralPath $program
  Remove-Item $source
  Done 'a repair succeeds' (MsiExec "/famus `"$Package`"")
  Check 'it brings a lost program back' (Test-Path -LiteralPath $program)
  CheckInstalled $usual
  CheckFirstStart $usual
}

# --- upgrade over a running service ---

function TestUpgrade([string] $Package) {
  if (-not $OldMsi) {
    Skip 'an upgrade in place' 'no older package was given'
    return
  }
  $config = Join-Path $data 'config.json'
  Done 'the older version installs' (MsiExec "/i `"$OldMsi`"")
  Check 'it runs' ([bool] (WaitFor { Runs } 30))
  $had = Test-Path $config
  if (-not $had) { [IO.File]::WriteAllText($config, '{"version": 1, "guarded_ports": [4712]}') }
  $text = [IO.File]::ReadAllText($config)
  $before = (Entries)[0].DisplayVersion
  Done 'the newer one installs over it' (MsiExec "/i `"$Package`"")
  CheckInstalled $usual
  CheckFirstStart $usual
  Check 'its version is another' ((Entries)[0].DisplayVersion -ne $before) "$before"
  Check 'the configuration is as it was' ([IO.File]::ReadAllText($config) -eq $text)
  Check 'the older version does not install over it' ((MsiExec "/i `"$OldMsi`"") -notin 0, 3010)
  Check 'and the service runs on' ([bool] (Runs))
  Done 'it can be removed' (MsiExec "/x `"$Package`"")
  CheckNothingLeft $usual
  Check 'what the administrator wrote is left' ([IO.File]::ReadAllText($config) -eq $text)
  if (-not $had) { Remove-Item $config }
}

if (-not $Msi) {
  Skip 'the package' 'none was given'
  Finish
}
if (Registered) { Bail 'PortGuard is installed already' }
$begun = Get-Date
$null = New-Item -ItemType Directory $work
$package = Join-Path $work "portguard's package 1.msi"
Copy-Item -LiteralPath $Msi $package
try {
  TestOddNames $package

  Done 'without a start it installs' (MsiExec "/i `"$package`" STARTSERVICE=0")
  CheckInstalled $usual
  Check 'and the service does not run' (-not (Runs))
  Start-Service PortGuard
  CheckFirstStart $usual
  TestRepair $package
  Done 'it is removed' (MsiExec "/x `"$package`"")
  CheckNothingLeft $usual

  TestUpgrade $package
} finally {
  # Whatever came of it: whichever package is installed goes.
  foreach ($entry in Entries) { $null = MsiExec "/x $($entry.PSChildName)" }
  Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
}
Finish
