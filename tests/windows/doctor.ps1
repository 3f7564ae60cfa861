# What doctor says of a service that is well, with everything that only Windows has, and of
# one whose settings, rights and files were changed: and that its hints mend it.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

function Found([string] $Name) {
  $answer = Ctl doctor
  return @($answer.checks | Where-Object { $_.name -eq $Name })[0]
}

function Becomes([string] $Name, [string] $State) {
  $check = WaitFor { $c = Found $Name; if ($c -and $c.state -eq $State) { $c } }
  $now = Found $Name
  Check "$Name is $State" ($null -ne $check) "$($now.state): $($now.detail)"
  return $check
}

# A hint is typed into the command prompt, or into Windows PowerShell, which reads more into
# a line; and does no harm when it is typed once more.
function Mend($Check) {
  $env:PATH = "$Bin;$env:PATH"
  $said = Run cmd.exe /c $Check.hint
  Check "'$($Check.hint)' can be typed into cmd" ($LASTEXITCODE -eq 0) "$said"
  $encoded = [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($Check.hint))
  $said = Run powershell.exe -NoProfile -EncodedCommand $encoded
  Check "'$($Check.hint)' can be typed into PowerShell" ($LASTEXITCODE -eq 0) "$said"
}

WaitFor { (Found 'netsh').state -eq 'ok' } | Out-Null
$answer = Ctl doctor
foreach ($check in $answer.checks) {
  Check "$($check.name) is ok" ($check.state -eq 'ok') "$($check.state): $($check.detail)"
}
Check 'exit code 0' ($CtlExit -eq 0)
Check 'the label of the control pipe is read back' ((Found 'control_pipe').detail -match 'ML;;NWNRNX;;;HI')

# --- settings ---

$source = 'HKLM:\SYSTEM\CurrentControlSet\Services\EventLog\Application\PortGuard'
try {
  Run sc.exe sidtype PortGuard none | Out-Null
  Run sc.exe privs PortGuard SeChangeNotifyPrivilege/SeDebugPrivilege | Out-Null
  Run sc.exe failureflag PortGuard 0 | Out-Null
  Remove-Item $source
  foreach ($name in 'service_sid', 'privileges', 'recovery_on_error') { Becomes $name 'failed' | Out-Null }
  $failed = Becomes 'event_source' 'failed'
  Check 'exit code 7' ($CtlExit -eq 7)
  if ($failed) { Mend $failed }
  foreach ($name in 'service_sid', 'privileges', 'recovery_on_error', 'event_source') { Becomes $name 'ok' | Out-Null }
} finally {
  Run "$Bin\portguardsvc.exe" install | Out-Null
}

# --- files ---

$folder = Join-Path $env:ProgramData 'PortGuard'
$config = Join-Path $folder 'config.json'
$kept = if (Test-Path $config) { Get-Content -Raw $config } else { $null }
try {
  Set-Content -Path $config -Value '{"version": 1, "guarded_ports": [0]}' -Encoding Ascii
  Becomes 'configuration' 'failed' | Out-Null
  Set-Content -Path $config -Value '{"version": 1}' -Encoding Ascii
  Becomes 'configuration' 'ok' | Out-Null
  Run icacls.exe $config /grant '*S-1-5-32-545:(M)' | Out-Null
  $failed = Becomes 'configuration' 'failed'
  if ($failed) { Mend $failed }
  Becomes 'configuration' 'ok' | Out-Null
  # As a backup or a scanner may have it.
  Stop-Service PortGuard -Force
  $alone = [IO.File]::Open($config, 'Open', 'Read', 'None')
  try {
    Start-Service PortGuard
    Becomes 'configuration' 'failed' | Out-Null
  } finally { $alone.Dispose() }
  Becomes 'configuration' 'ok' | Out-Null
} finally {
  if ($null -eq $kept) { Remove-Item $config } else { Set-Content -Path $config -Value $kept -NoNewline }
}
Run icacls.exe $folder /grant '*S-1-5-32-545:(M)' | Out-Null
$failed = Becomes 'folder' 'failed'
if ($failed) { Mend $failed }
Becomes 'folder' 'ok' | Out-Null

# --- no service ---

Stop-Service PortGuard -Force
try {
  $stopped = Found 'running'
  Check 'a stopped service is told' ($stopped.state -eq 'failed' -and $stopped.hint -eq 'net start PortGuard') "$($stopped.detail)"
  Check 'exit code 5' ($CtlExit -eq 5)
} finally {
  Start-Service PortGuard
}
Check 'the service answers again' (Answers)
Finish
