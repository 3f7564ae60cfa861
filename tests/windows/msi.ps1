# The package as Windows Installer itself treats it: names with spaces and quotes, what a
# first start sets, a configuration to import, repair, also by a standard user, upgrade
# over a running service, downgrade, removal while a rule acts, a folder that was planted,
# and nothing left behind. PortGuard must not be installed. -OldMsi is a package of an
# older version.
param([Parameter(Mandatory)] [string] $Bin, [string] $Msi = '', [string] $OldMsi = '')
. "$PSScriptRoot\common.ps1"

$registration = 'HKLM:\SYSTEM\CurrentControlSet\Services\PortGuard'
$source = 'HKLM:\SYSTEM\CurrentControlSet\Services\EventLog\Application\PortGuard'
$machine = 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager\Environment'
$data = Join-Path $env:ProgramData 'PortGuard'
$usual = Join-Path $env:ProgramFiles 'PortGuard'
# Spaces, an ampersand, an apostrophe and a percent sign.
$odd = Join-Path $env:ProgramFiles "Port Guard & Sons' 100%"
$config = Join-Path $data 'config.json'
$import = 'HKLM:\SOFTWARE\PortGuard'
# Where only administrators may write, as docs/install.md says.
$deploy = Join-Path $env:SystemDrive "portguard's deploy & test $PID"
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

# After the service has been removed with its package.
function CheckNothingLeft([string] $Folder) {
  Check 'the service is gone' ([bool] (WaitFor { -not (Get-Service PortGuard -ErrorAction SilentlyContinue) } 30))
  Check 'the folder is gone' (-not (Test-Path -LiteralPath $Folder))
  Check 'PATH has no entry left' (@(MachinePath | Where-Object { $_ -eq $Folder }).Count -eq 0)
  Check 'the event source is gone' (-not (Test-Path $source))
  Check 'the registry key is gone' (-not (Test-Path $import))
  $gathered = @(Get-ChildItem $data -ErrorAction SilentlyContinue | Where-Object { $_.Name -match '^history\.db|^portguard\.prom|\.new$' })
  Check 'what the service gathered is gone' ($gathered.Count -eq 0) "$gathered"
  Check 'Windows lists no package' ((Entries).Count -eq 0)
  $views = @(Get-ChildItem "$env:ProgramData\Microsoft\Event Viewer\Views" -Filter 'PortGuard*.xml' -ErrorAction SilentlyContinue)
  Check 'Event Viewer has no view left' ($views.Count -eq 0) "$views"
}

# --- installed where names are odd, with a configuration ---

function MakeDeploy {
  $null = New-Item -ItemType Directory $deploy
  $said = Run icacls.exe $deploy /inheritance:r /grant '*S-1-5-18:(OI)(CI)F' /grant '*S-1-5-32-544:(OI)(CI)F'
  if ($LASTEXITCODE -ne 0) { throw "icacls: $said" }
}

# The file, with its text, that the service may trust.
function Deployed([string] $Name, [string] $Text) {
  $file = Join-Path $deploy $Name
  [IO.File]::WriteAllText($file, $Text)
  $said = Run icacls.exe $file /setowner '*S-1-5-32-544'
  if ($LASTEXITCODE -ne 0) { throw "icacls: $said" }
  return $file
}

function Pending {
  return (Get-ItemProperty $import -ErrorAction SilentlyContinue).ImportConfig
}

# The strings of the first event of $Id since then whose first one is $File.
function ToldOf([int] $Id, [string] $File, [datetime] $Since) {
  return WaitFor {
    $found = Events $Id $Since | Where-Object { $_.Properties[0].Value -eq $File } | Select-Object -First 1
    if ($found) { $found.Properties | ForEach-Object { "$($_.Value)" } }
  } 30
}

# By hand, as the package says when a repair is given a configuration.
function ImportByHand([string] $File) {
  if (-not (Test-Path $import)) { $null = New-Item $import }
  Set-ItemProperty $import ImportConfig $File
  Restart-Service PortGuard -Force
}

function TestImportIsRefused([string] $File, [string] $Why) {
  $since = Get-Date
  $text = [IO.File]::ReadAllText($config)
  ImportByHand $File
  $told = ToldOf 1003 $File $since
  Check "event 1003 says why $File is not imported" ($told -and $told[1] -match $Why) "$told"
  Check 'and the configuration is as it was' ([IO.File]::ReadAllText($config) -eq $text)
  Check 'and it is not tried again' ([bool] (WaitFor { -not (Pending) }))
}

function TestOddNames([string] $Package) {
  $text = '{"version": 1, "guarded_ports": [80, 443, 4711]}'
  $wanted = Deployed "my 'config' & more.json" $text
  $since = Get-Date
  Done 'a package with spaces and quotes in its path installs' (MsiExec "/i `"$Package`" INSTALLDIR=`"$odd`" CONFIG=`"$wanted`"")
  CheckInstalled $odd
  CheckFirstStart $odd
  $told = ToldOf 1002 $config $since
  Check 'event 1002 tells of the configuration that was imported' ($told -and $told[-1] -match '"guarded_ports":\[80,443,4711\]') "$told"
  Check 'config.json says what that file says' ((Test-Path $config) -and [IO.File]::ReadAllText($config) -eq $text)
  Check 'no configuration was refused' (-not (Events 1003 $since))
  Check 'the name of the configuration is taken from the registry' ([bool] (WaitFor { -not (Pending) }))

  # A folder of one user is no place to be trusted.
  $loose = Join-Path $work 'loose.json'
  [IO.File]::WriteAllText($loose, '{"version": 1, "guarded_ports": [4713]}')
  $said = Run icacls.exe $loose /grant '*S-1-5-32-545:M'
  if ($LASTEXITCODE -ne 0) { throw "icacls: $said" }
  TestImportIsRefused $loose 'is not trusted'
  # Were it followed, this machine's account would be shown to who is there.
  $link = Join-Path $deploy 'afar'
  $null = Run cmd.exe /c mklink /D $link '\\127.0.0.1\portguard-none'
  TestImportIsRefused (Join-Path $link 'config.json') 'a link to another place'

  Done 'it is removed by its package' (MsiExec "/x `"$Package`"")
  CheckNothingLeft $odd
}

# --- repair ---

function TestRepair([string] $Package) {
  $program = Join-Path $usual 'portguardctl.exe'
  Remove-Item -LiteralPath $program
  Remove-Item $source
  # Everything else in it stays to the letter.
  $key = Get-Item $machine
  $parts = $key.GetValue('Path', '', 'DoNotExpandEnvironmentNames') -split ';'
  $without = ($parts | Where-Object { $_.TrimEnd('\') -ne $usual }) -join ';'
  Set-ItemProperty $machine Path $without -Type $key.GetValueKind('Path')
  Check 'PATH has lost its entry' (@(MachinePath | Where-Object { $_ -eq $usual }).Count -eq 0)
  Done 'a repair succeeds' (MsiExec "/famus `"$Package`"")
  Check 'it brings a lost program back' (Test-Path -LiteralPath $program)
  CheckInstalled $usual
  CheckFirstStart $usual
}

# Windows lets every user repair what is installed for all.
function TestRepairByUser([string] $Package) {
  $wanted = Deployed 'another.json' '{"version": 1, "guarded_ports": [4714]}'
  $text = if (Test-Path $config) { [IO.File]::ReadAllText($config) } else { $null }
  $product = (Entries)[0].PSChildName
  $msiexec = Join-Path $env:SystemRoot 'System32\msiexec.exe'
  foreach ($words in "CONFIG=`"$wanted`"", 'STARTSERVICE=0') {
    Check "a repair with $words is refused to an administrator" ((MsiExec "/famus `"$Package`" $words") -eq 1603)
  }
  WithStandardUser {
    param([string] $User, [string] $Password)
    # A Windows that lets no standard user have a repair proves nothing about these words.
    $plain = AsUser $User $Password $msiexec "/fa $product /qn /norestart"
    foreach ($words in "CONFIG=`"$wanted`"", 'STARTSERVICE=0') {
      $what = "a repair with $words is refused to a standard user"
      if ($null -eq $plain -or $plain.ExitCode -notin 0, 3010) {
        Skip $what "none can have a repair without it here: exit code $($plain.ExitCode)"
        continue
      }
      $answer = AsUser $User $Password $msiexec "/fa $product $words /qn /norestart"
      Check $what ($answer.ExitCode -eq 1603) "$($answer.ExitCode)"
    }
  }
  Check 'the service runs' ([bool] (WaitFor { Runs } 30))
  $now = if (Test-Path $config) { [IO.File]::ReadAllText($config) } else { $null }
  Check 'the configuration is as it was' ($now -eq $text) "$now"
  Check 'and none waits to be imported' ([bool] (WaitFor { -not (Pending) }))
}

# --- removed while a rule acts ---

# The other service stops after $HoldMs. Windows Installer waits 30 s for ours; what it does
# after that is told, and a second removal must succeed.
function TestRemovalWhileARuleActs([string] $Package, [int] $HoldMs) {
  $doubles = Join-Path (Split-Path $Bin) 'doubles'
  $double = Join-Path $doubles 'testsvc.exe'
  if (-not (Test-Path $double)) {
    Skip 'removal while a rule acts' "there is no $double"
    return
  }
  $port = FreePort
  Run $double install PgTestBusy $port hang | Out-Null
  if ($LASTEXITCODE -ne 0) { throw 'testsvc install PgTestBusy' }
  $go = Join-Path $doubles 'PgTestBusy.go'
  try {
    Remove-Item $go -ErrorAction SilentlyContinue
    Start-Service PgTestBusy
    $rules = "{`"version`": 1, `"rules`": [{`"name`": `"busy`", `"mode`": `"enforce`", `"ports`": [$port], `"services`": [`"PgTestBusy`"]}]}"
    $wanted = Deployed 'busy.json' $rules
    Done 'a package with a rule installs' (MsiExec "/i `"$Package`" CONFIG=`"$wanted`"")
    $stopping = WaitFor { (Get-Service PgTestBusy).Status -eq 'StopPending' } 60
    Check 'its rule stops a service, which takes its time' ([bool] $stopping)
    $removal = Start-Process msiexec.exe -ArgumentList "/x `"$Package`" /qn /norestart" -PassThru
    $null = $removal.Handle # or its exit code would not be kept
    $waits = WaitFor { (Get-Service PortGuard).Status -eq 'StopPending' } 60
    Check 'when it is removed, the service finishes that first' ([bool] $waits)
    if ($removal.WaitForExit($HoldMs)) { Note "the removal did not wait for it: exit code $($removal.ExitCode)" }
    $null = New-Item $go -ItemType File
    if (-not $removal.WaitForExit(180000)) { Bail 'the removal does not end' }
    $null = WaitFor { (Get-Service PgTestBusy).Status -eq 'Stopped' } 60
    if ((Entries).Count -gt 0 -and $HoldMs -gt 30000) {
      Note "the removal after $HoldMs ms: exit code $($removal.ExitCode)"
      Done 'the second removal succeeds' (MsiExec "/x `"$Package`"")
    } else {
      Done 'the removal succeeds' $removal.ExitCode
    }
    CheckNothingLeft $usual
    Check 'the other service has stopped' ((Get-Service PgTestBusy).Status -eq 'Stopped')
    $state = Join-Path $data 'state.json'
    Check 'and how it was before is noted' ((Test-Path $state) -and [IO.File]::ReadAllText($state) -match 'PgTestBusy')
  } finally {
    if (-not (Test-Path $go)) { $null = New-Item $go -ItemType File }
    Run $double uninstall PgTestBusy | Out-Null
    Remove-Item $go -ErrorAction SilentlyContinue
  }
}

# --- a folder that a standard user made before the first start ---

function TestPlantedFolder([string] $Package) {
  $aside = "$data.aside"
  # Throws when somebody has it open; then there is nothing to be taken away.
  if (Test-Path $data) { Rename-Item $data $aside -ErrorAction Stop }
  try {
    WithStandardUser {
      param([string] $User, [string] $Password)
      $words = "/c mkdir `"$data`" && echo {`"version`": 1, `"guarded_ports`": [4715]}> `"$config`""
      $answer = AsUser $User $Password (Join-Path $env:SystemRoot 'System32\cmd.exe') $words
      if ($null -eq $answer -or -not (Test-Path $config)) {
        Skip 'a folder that a standard user has planted' 'none could be made as another user here'
        return
      }
      $acl = (Get-Acl $data).Sddl
      $since = Get-Date
      Done 'the package installs where a folder was planted' (MsiExec "/i `"$Package`"")
      Check 'the service runs' ([bool] (WaitFor { Runs } 30))
      $told = WaitFor { Events 1007 $since | Select-Object -First 1 } 30
      Check 'event 1007 says that the folder is not trusted' ($told -and $told.Message -match 'not trusted') "$($told.Message)"
      $told = WaitFor { Events 1003 $since | Select-Object -First 1 } 30
      Check 'and event 1003 that the configuration is not' ($null -ne $told)
      Check 'it answers' ([bool] (WaitFor { InstalledCtl $usual } 30))
      $health = (Run (Join-Path $usual 'portguardctl.exe') health --json) -join "`n" | ConvertFrom-Json
      Check 'what was planted is not in force' ("$($health.guarded_ports)" -eq '80 443') "$($health.guarded_ports)"
      $null = Run (Join-Path $usual 'portguardctl.exe') stop PgTestNone --yes
      Check 'and nothing is stopped' ($LASTEXITCODE -ne 0) "$LASTEXITCODE"
      Check 'the folder is left as it was' ((Get-Acl $data).Sddl -eq $acl)
      Done 'the package can be removed' (MsiExec "/x `"$Package`"")
      CheckNothingLeft $usual
    }
  } finally {
    Remove-Item -LiteralPath $data -Recurse -Force -ErrorAction SilentlyContinue
    if (Test-Path $aside) { Rename-Item $aside $data }
  }
}

# --- upgrade over a running service ---

function TestUpgrade([string] $Package) {
  if (-not $OldMsi) {
    Skip 'an upgrade in place' 'no older package was given'
    return
  }
  Done 'the older version installs' (MsiExec "/i `"$OldMsi`"")
  Check 'it runs' ([bool] (WaitFor { Runs } 30))
  $had = Test-Path $config
  if (-not $had) { [IO.File]::WriteAllText($config, '{"version": 1, "guarded_ports": [4712]}') }
  $text = [IO.File]::ReadAllText($config)
  $before = (Entries)[0].DisplayVersion
  # Of the files that a removal takes along, the one that no start of the service touches.
  $gathered = Join-Path $data 'history.db.of-before'
  [IO.File]::WriteAllText($gathered, 'of the older version')
  Done 'the newer one installs over it' (MsiExec "/i `"$Package`"")
  CheckInstalled $usual
  CheckFirstStart $usual
  Check 'its version is another' ((Entries)[0].DisplayVersion -ne $before) "$before"
  Check 'the configuration is as it was' ([IO.File]::ReadAllText($config) -eq $text)
  Check 'and so is what the older version gathered' (Test-Path $gathered)
  Check 'the older version does not install over it' ((MsiExec "/i `"$OldMsi`"") -notin 0, 3010)
  Check 'and the service runs on' ([bool] (Runs))
  Done 'it can be removed, with what it gathered kept' (MsiExec "/x `"$Package`" KEEPDATA=1")
  Check 'the history is left' (Test-Path (Join-Path $data 'history.db'))
  Done 'and installed again' (MsiExec "/i `"$Package`"")
  CheckFirstStart $usual
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
$null = New-Item -ItemType Directory $work
MakeDeploy
$had = if (Test-Path $config) { [IO.File]::ReadAllBytes($config) } else { $null }
$there = @(Get-ChildItem $data -ErrorAction SilentlyContinue | ForEach-Object { $_.Name })
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
  TestRepairByUser $package
  Done 'it is removed' (MsiExec "/x `"$package`"")
  CheckNothingLeft $usual

  TestUpgrade $package
  TestRemovalWhileARuleActs $package 0
  TestRemovalWhileARuleActs $package 45000
  TestPlantedFolder $package
} finally {
  # Whatever came of it: whichever package is installed goes.
  foreach ($entry in Entries) { $null = MsiExec "/x $($entry.PSChildName)" }
  # state.json with a service of the tests, and what an import kept.
  Get-ChildItem $data -ErrorAction SilentlyContinue | Where-Object { $_.Name -notin $there } | Remove-Item -Force
  if ($had) { [IO.File]::WriteAllBytes($config, $had) }
  # The link alone: what it leads to is not to be looked for.
  $null = Run cmd.exe /c rmdir (Join-Path $deploy 'afar')
  foreach ($folder in $deploy, $work) { Remove-Item -LiteralPath $folder -Recurse -Force -ErrorAction SilentlyContinue }
}
Finish
