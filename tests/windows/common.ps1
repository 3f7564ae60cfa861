# Shared by the scripts in this folder: dot-source it. Windows PowerShell 5.1 or
# PowerShell 7, elevated; the service must be installed and running (run.ps1 sees to it).
#
# $Bin is the folder with portguardsvc.exe and portguardctl.exe. Each script prints TAP
# (https://testanything.org), with its plan at the end: one that dies has none, and that is
# a failure. Version 1 of the strict mode, since members that an answer may leave out are
# $null then, and the check that expected one fails by its name.
Set-StrictMode -Version 1
$ErrorActionPreference = 'Stop'
# What a program of ours returns is looked at by the checks.
$PSNativeCommandUseErrorActionPreference = $false
# Whatever language: portguardctl writes UTF-8, and netsh what the console says.
try { [Console]::OutputEncoding = New-Object Text.UTF8Encoding $false } catch [IO.IOException] { $null = $_ }

$script:Checks = 0
$script:Failures = 0
$script:CtlExit = $null

# Past the pipeline: a check in a function is no part of what that function returns.
function Say([string] $Line) {
  [Console]::Out.WriteLine($Line)
}

# A line for people, which is no check.
function Note([string] $Text) {
  foreach ($line in $Text -split "`r?`n") { Say "# $line" }
}

# In a description TAP would read "#" as a directive.
function Described([string] $What) {
  return ($What -replace '\s+', ' ') -replace '#', '\#'
}

function Check([string] $What, [bool] $Ok, [string] $Detail = '') {
  $script:Checks++
  if ($Ok) {
    Say "ok $script:Checks - $(Described $What)"
    return
  }
  $script:Failures++
  Say "not ok $script:Checks - $(Described $What)"
  if ($Detail) { Note $Detail }
}

# A check that cannot be made here, with the reason: counted by run.ps1.
function Skip([string] $What, [string] $Why) {
  $script:Checks++
  Say ('ok {0} - {1} # SKIP {2}' -f $script:Checks, (Described $What), ($Why -replace '\s+', ' '))
}

# Ends the script, with 1 when a check has failed.
function Finish {
  Say "1..$script:Checks"
  exit [int] ($script:Failures -gt 0)
}

# Ends the script, and nobody takes it for a passed one.
function Bail([string] $Why) {
  Say "Bail out! $Why"
  exit 2
}

function IsElevated {
  $user = New-Object Security.Principal.WindowsPrincipal ([Security.Principal.WindowsIdentity]::GetCurrent())
  return $user.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

# A program's lines on stdout; its exit code is in $LASTEXITCODE. Windows PowerShell would
# end the script at the first line on a stderr that is led elsewhere.
function Run {
  $ErrorActionPreference = 'Continue'
  $program, $words = $args
  return & $program @words 2>$null
}

# portguardctl with --json, as an object; $CtlExit is its exit code.
function Ctl {
  $text = Run "$Bin\portguardctl.exe" @args --json
  $script:CtlExit = $LASTEXITCODE
  if ($text) { return ($text -join "`n" | ConvertFrom-Json) }
  return $null
}

# netsh, which must succeed.
function Netsh {
  $said = Run netsh.exe @args
  if ($LASTEXITCODE -ne 0) { throw "netsh ${args}: $said" }
}

# The first true result of $Condition within $Seconds, or $null.
function WaitFor([scriptblock] $Condition, [int] $Seconds = 20) {
  $clock = [Diagnostics.Stopwatch]::StartNew()
  do {
    $result = & $Condition
    if ($result) { return $result }
    Start-Sleep -Milliseconds 100
  } while ($clock.Elapsed.TotalSeconds -lt $Seconds)
  return $null
}

# Events of the product with one of $Ids, not older than $Since.
function Events([int[]] $Ids, [datetime] $Since) {
  $filter = @{ LogName = 'Application'; ProviderName = 'PortGuard'; Id = $Ids; StartTime = $Since }
  return @(Get-WinEvent -FilterHashtable $filter -ErrorAction SilentlyContinue)
}

function Answers([int] $Seconds = 20) {
  return $null -ne (WaitFor { Ctl version | Out-Null; $CtlExit -eq 0 } $Seconds)
}

# And it answers again.
function RestartService {
  Stop-Service PortGuard -Force
  Start-Service PortGuard
  if (-not (Answers)) { Bail 'the service does not answer after a restart' }
}

# A port that anybody may bind right now, outside of the range for outgoing connections.
function FreePort {
  foreach ($try in 1..100) {
    $port = Get-Random -Minimum 20000 -Maximum 40000
    $listener = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Any), $port
    $listener.ExclusiveAddressUse = $true
    try { $listener.Start(); return $port } catch { Note "port $port is taken (try $try)" } finally { $listener.Stop() }
  }
  Bail 'no free port was found'
}

# Who, of all but $Sids, may do something of $Rights, as "SID: rights".
function WhoElseMay([Security.AccessControl.FileSystemSecurity] $Acl, [string] $Rights, [string[]] $Sids) {
  $wanted = [Security.AccessControl.FileSystemRights] $Rights
  $found = $Acl.GetAccessRules($true, $true, [Security.Principal.SecurityIdentifier]) | Where-Object {
    $_.AccessControlType -eq 'Allow' -and ($_.FileSystemRights -band $wanted) -and $_.IdentityReference.Value -notin $Sids }
  return @($found | ForEach-Object { "$($_.IdentityReference.Value): $($_.FileSystemRights)" })
}

# Runs $Work with the name and the password of a standard user, who is gone afterwards.
# net.exe, since some PowerShell 7 lack what New-LocalUser needs; it asks a question when
# a password is longer than 14 characters.
function WithStandardUser([scriptblock] $Work) {
  $name = 'pgtest' + (Get-Random -Maximum 99999)
  $word = 'Pg1!' + [guid]::NewGuid().ToString('N').Substring(0, 10)
  $said = Run net.exe user $name $word /add
  if ($LASTEXITCODE -ne 0) { throw "net user /add: exit code ${LASTEXITCODE}: $said" }
  try {
    & $Work $name $word
  } finally {
    Run net.exe user $name /delete | Out-Null
  }
}

# What a program prints and returns when that user starts it; $null where Windows lets
# nobody start one for others, as in a remote session.
function AsUser([string] $User, [string] $Password, [string] $Program, [string] $Words) {
  $start = New-Object Diagnostics.ProcessStartInfo $Program, $Words
  $start.UserName = $User
  $start.Domain = $env:COMPUTERNAME
  $start.Password = ConvertTo-SecureString $Password -AsPlainText -Force
  $start.WorkingDirectory = "$env:SystemRoot\System32"
  $start.UseShellExecute = $false
  $start.CreateNoWindow = $true
  $start.RedirectStandardOutput = $true
  try {
    $process = [Diagnostics.Process]::Start($start)
  } catch {
    Note "starting $Program as ${User}: $($_.Exception.GetBaseException().Message)"
    return $null
  }
  $said = $process.StandardOutput.ReadToEnd()
  $process.WaitForExit()
  return [pscustomobject] @{ ExitCode = $process.ExitCode; Said = $said }
}

Say 'TAP version 14'
if (-not (IsElevated)) { Bail 'run this as administrator' }
