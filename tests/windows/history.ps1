# What the service remembers, on NTFS with SQLite's real locks, and how those who watch end
# on a real console. What Wine cannot show: rights of files, locks that others feel, Ctrl-C,
# and a scanner that has the database open.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

$folder = Join-Path $env:ProgramData 'PortGuard'
$database = Join-Path $folder 'history.db'

function Listening([scriptblock] $Body) {
  $listener = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Loopback), 0
  $listener.Start()
  try { & $Body $listener.LocalEndpoint.Port } finally { $listener.Stop() }
}

# The tenancies of a port, as soon as there are $Count of them that have ended.
function Ended([int] $Port, [int] $Count) {
  return WaitFor {
    $a = Ctl history $Port
    if ($a) {
      $ended = @($a.tenancies | Where-Object { $_.to })
      if ($ended.Count -ge $Count -and $ended.Count -eq @($a.tenancies).Count) { $a }
    }
  }
}

# --- taken and released ---

$script:port = 0
Listening { param($p)
  $script:port = $p
  $seen = WaitFor { $a = Ctl history $p; if ($a -and @($a.tenancies).Count -eq 1) { $a } }
  Check 'who holds a port has a tenancy' ($null -ne $seen)
}
$answer = Ended $port 1
Check 'who held the port is remembered' ($answer -and @($answer.tenancies)[0].identity -match '(?i)^process:.*\\(powershell|pwsh)\.exe$')
Check 'it was released' ($answer -and @($answer.tenancies)[0].how -eq 'released')
Check 'what happened as well' ($answer -and "$(@($answer.entries) | ForEach-Object { $_.event })" -eq '1101 1100')

# --- over a restart of the service ---

Listening { param($p)
  $before = WaitFor { $a = Ctl history $p; if ($a -and @($a.tenancies).Count -eq 1) { $a } }
  RestartService
  $after = WaitFor { Ctl history $p }
  Check 'in the same boot a tenancy goes on' ($after -and @($after.tenancies).Count -eq 1 -and
    @($after.tenancies)[0].from -eq @($before.tenancies)[0].from)
}
# The service is killed, which takes no more than its process with it. Recovery starts it
# again, perhaps only after a minute: it did so before.
$killed = (Get-CimInstance Win32_Service -Filter "Name='PortGuard'").ProcessId
Stop-Process -Id $killed -Force
$null = WaitFor { (Get-CimInstance Win32_Service -Filter "Name='PortGuard'").ProcessId -ne $killed }
Start-Service PortGuard
Check 'a service that was killed answers again' (Answers)
$answer = WaitFor { Ctl history $port }
Check 'what was remembered outlives a kill' ($answer -and @($answer.tenancies).Count -eq 1)
Check 'and was not set aside' (-not (Get-ChildItem $folder -Filter 'history.db.damaged-*'))

# --- the files ---

foreach ($file in Get-ChildItem $folder -Filter 'history.db*') {
  $writers = WhoElseMay (Get-Acl $file.FullName) 'ReadData, WriteData, AppendData, Delete, ChangePermissions, TakeOwnership' 'S-1-5-18', 'S-1-5-32-544'
  Check "only SYSTEM and administrators may read or write $($file.Name)" (-not $writers) "$writers"
}
$size = (Ctl health).history.bytes
Check 'health tells its size' ($size -gt 0) "$size"

# --- a scanner, a backup: others who have it open ---

# With all sharing, as scanners and backups open files: nothing is the matter.
$reader = [IO.File]::Open($database, 'Open', 'Read', 'ReadWrite, Delete')
try {
  Listening { param($p)
    $answer = WaitFor { $a = Ctl history $p; if ($a -and @($a.tenancies).Count -eq 1) { $a } }
    Check 'a reader that shares disturbs nothing' ($null -ne $answer)
  }
  Check 'the history goes on' ((Ctl health).history.state -eq 'recording')
} finally { $reader.Close() }

# Started while somebody has it without sharing: it is told, the service watches on, and
# remembers once it can.
Stop-Service PortGuard -Force
$locked = $null
$since = Get-Date
try {
  $locked = [IO.File]::Open($database, 'Open', 'ReadWrite', 'None')
  Start-Service PortGuard
  Check 'a database that somebody has for himself is told (1004)' ($null -ne (WaitFor { Events 1004 $since | Select-Object -First 1 }))
  Check 'the service answers all the same' ($null -ne (WaitFor { Ctl list }))
  Ctl history | Out-Null
  Check 'history is a failure then' ($CtlExit -ne 0) "$CtlExit"
} finally {
  if ($locked) { $locked.Close() }
  Start-Service PortGuard
}
$back = WaitFor { $h = Ctl health; if ($h -and $h.history.state -eq 'recording') { $h } } 180
Check 'it remembers again when it can' ($null -ne $back)
Check 'and what was there is there still' ($null -ne (Ended $port 1))

# --- a console: Ctrl-C, and readers that leave ---

# In a process of its own with a console of its own: Ctrl-C must not end this script.
Add-Type -Namespace PortGuard -Name Console -MemberDefinition @'
[DllImport("kernel32.dll", SetLastError = true)] public static extern bool AttachConsole(uint pid);
[DllImport("kernel32.dll", SetLastError = true)] public static extern bool FreeConsole();
[DllImport("kernel32.dll", SetLastError = true)] public static extern bool GenerateConsoleCtrlEvent(uint ev, uint group);
[DllImport("kernel32.dll", SetLastError = true)] public static extern bool SetConsoleCtrlHandler(IntPtr handler, bool add);
'@
# Whoever started this may ignore Ctrl-C, which is inherited.
[PortGuard.Console]::SetConsoleCtrlHandler([IntPtr]::Zero, $false) | Out-Null
$watch = Start-Process "$Bin\portguardctl.exe" -ArgumentList 'watch' -PassThru -WindowStyle Hidden
$null = $watch.Handle # or its exit code would not be kept
$watches = WaitFor { $h = Ctl health; if ($h -and $h.watching -eq 1) { $h } }
Check 'watch subscribes' ($null -ne $watches)
[PortGuard.Console]::FreeConsole() | Out-Null
[PortGuard.Console]::AttachConsole($watch.Id) | Out-Null
[PortGuard.Console]::SetConsoleCtrlHandler([IntPtr]::Zero, $true) | Out-Null
$sent = [PortGuard.Console]::GenerateConsoleCtrlEvent(0, 0)
$ended = $watch.WaitForExit(10000)
[PortGuard.Console]::FreeConsole() | Out-Null
[PortGuard.Console]::AttachConsole([uint32]::MaxValue) | Out-Null # that of whoever started this
[PortGuard.Console]::SetConsoleCtrlHandler([IntPtr]::Zero, $false) | Out-Null
if ($sent) {
  Check 'Ctrl-C ends watch with exit code 0' ($ended -and $watch.ExitCode -eq 0) "ended $ended"
} else {
  Skip 'Ctrl-C ends watch' 'no Ctrl-C could be sent'
}
if (-not $watch.HasExited) { $watch.Kill() }

# cmd's findstr reads on; a reader that leaves is one that closes its end: a pipe of ours.
$start = New-Object Diagnostics.ProcessStartInfo "$Bin\portguardctl.exe", 'watch'
$start.UseShellExecute = $false
$start.RedirectStandardOutput = $true
$watch = [Diagnostics.Process]::Start($start)
WaitFor { $h = Ctl health; if ($h -and $h.watching -eq 1) { $h } } | Out-Null
$watch.StandardOutput.Close()
Listening { param($p) WaitFor { $a = Ctl status $p; if ($a -and $a.state -eq 'in_use') { $a } } | Out-Null }
$ended = $watch.WaitForExit(20000)
Check 'watch ends when its reader leaves, with exit code 0' ($ended -and $watch.ExitCode -eq 0) "ended $ended"
if (-not $watch.HasExited) { $watch.Kill() }
Finish
