# A port in a dynamic excluded range, and the cure that status tells for it, word by
# word: WinNAT lets go, the port is set aside, WinNAT chooses again. Meanwhile WSL,
# Docker and virtual machines have no network. The exclusion is taken away again and
# WinNAT left running; the blocks it chose anew stay where they are, as after a start
# of Windows.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

$what = 'the cure for a dynamic excluded range'

# WinNAT is a driver, which Get-Service does not list.
function WinNat {
  return Get-CimInstance Win32_BaseService -Filter "Name='winnat'"
}

# The rows of IPv4 that are dynamic and no registration of HTTP.sys (one port).
function DynamicRanges {
  $lines = Run netsh.exe int ipv4 show excludedportrange protocol=tcp
  foreach ($line in $lines) {
    if ($line -notmatch '^\s*(\d+)\s+(\d+)\s*$') { continue }
    $range = [pscustomobject] @{ First = [int] $Matches[1]; Last = [int] $Matches[2] }
    if ($range.First -lt $range.Last) { $range }
  }
}

function Covered([int] $Port) {
  return @(DynamicRanges | Where-Object { $_.First -le $Port -and $Port -le $_.Last }).Count -gt 0
}

# 0, or the error code of a bind to the wildcard.
function BindError([int] $Port) {
  $listener = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Any), $Port
  try {
    $listener.Start()
    return 0
  } catch {
    $cause = $_.Exception.GetBaseException()
    if ($cause -is [Net.Sockets.SocketException]) { return $cause.ErrorCode }
    throw
  } finally {
    $listener.Stop()
  }
}

# A command of the advice; false when Windows refused it. Nothing but the advice's own
# few shapes is run, and no question is answered.
function Follow([string] $Command) {
  $shapes = '^(net (stop|start) winnat|netsh int ipv[46] (add|delete) excludedportrange ' +
    'protocol=tcp startport=\d+ numberofports=1 store=persistent)$'
  if ($Command -notmatch $shapes) {
    Check 'the advice has no other commands' $false $Command
    return
  }
  $said = Run cmd.exe /c "$Command <nul 2>&1"
  Check $Command ($LASTEXITCODE -eq 0) "$said"
}

# What is said of the port before: it is reserved, and a bind fails.
function CheckReserved($Answer, [int] $Port) {
  $range = @($Answer.excluded_ranges | Where-Object { -not $_.administered })[0]
  Check 'the range is told, and is dynamic' ($range -and $range.first -le $Port -and $Port -le $range.last)
  Check 'its holder is the range' (@($Answer.holders)[0].kind -eq 'excluded_range') @($Answer.holders)[0].kind
  $bind = BindError $Port
  Check 'a bind fails with error 10013' ($bind -eq 10013) "$bind"
}

function TryCure($Fix, [int] $Port) {
  $commands = @($Fix.by_hand)
  Check 'first WinNAT stops' ($commands[0] -eq 'net stop winnat') "$commands"
  Check 'last it starts' ($commands[-1] -eq 'net start winnat') "$commands"
  Follow $commands[0]
  if (Covered $Port) {
    # The caution says so: then the range is another's.
    Skip $what "$Port stays excluded while WinNAT is stopped"
    return
  }
  $commands | Select-Object -Skip 1 | ForEach-Object { Follow $_ }
  $after = WaitFor { $a = Ctl status $Port; if ($a -and $a.state -eq 'free') { $a } }
  Check 'the port is free afterwards' ($null -ne $after)
  if ($after) {
    $set = @($after.excluded_ranges | Where-Object { $_.administered -and $_.first -eq $Port })
    Check 'the exclusion is told, and is administered' ($set.Count -gt 0)
  }
  Check 'WinNAT runs again' ((WinNat).State -eq 'Running') (WinNat).State
  $bind = BindError $Port
  Check 'a bind succeeds' ($bind -eq 0) "$bind"
  @($Fix.undo) | ForEach-Object { Follow $_ }
  $back = WaitFor {
    $a = Ctl status $Port
    if ($a -and -not @($a.excluded_ranges | Where-Object { $_.administered -and $_.first -eq $Port })) { $a }
  }
  Check 'the way back takes the exclusion away' ($null -ne $back)
}

$winnat = WinNat
if (-not $winnat -or $winnat.State -ne 'Running') {
  Skip $what 'WinNAT is not there or does not run'
  Finish
}
# Listeners come first: whoever got into a range before it was made holds the port.
$taken = @(Get-NetTCPConnection | ForEach-Object { [int] $_.LocalPort })
$port = DynamicRanges | ForEach-Object { $_.First..$_.Last } | Where-Object { $_ -notin $taken } |
  Select-Object -First 1
if (-not $port) {
  Skip $what 'this machine has no dynamic range'
  Finish
}

$answer = WaitFor { $a = Ctl status $port; if ($a -and $a.state -eq 'reserved') { $a } }
Check "port $port in a dynamic range is reserved" ($null -ne $answer)
if ($answer) {
  CheckReserved $answer $port
  $fix = @($answer.fixes | Where-Object { $_.kind -eq 'restart-winnat' })[0]
  Check 'there is a cure' ($null -ne $fix)
  if ($fix) {
    try {
      TryCure $fix $port
    } finally {
      # Whatever came of it. What is not there cannot be deleted, which is no failure.
      foreach ($family in 'ipv4', 'ipv6') {
        Run netsh.exe int $family delete excludedportrange protocol=tcp "startport=$port" numberofports=1 store=persistent | Out-Null
      }
      if ((WinNat).State -ne 'Running') { Run net.exe start winnat | Out-Null }
      Check 'WinNAT is left running' ((WinNat).State -eq 'Running') (WinNat).State
    }
  }
}
Finish
