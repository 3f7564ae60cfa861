# Somebody else has the pipe's name before the service starts. Wine does not refuse a
# second first instance, so only Windows can show that the service notices.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

Stop-Service PortGuard -Force
$since = Get-Date
# Several: whoever looks at one, as the service does, leaves it used up.
$squatters = @(1..16 | ForEach-Object { New-Object IO.Pipes.NamedPipeServerStream 'portguard', 'InOut', 16 })
try {
  Start-Service PortGuard
  Check 'the service starts without its pipe' ((Get-Service PortGuard).Status -eq 'Running')

  $entry = WaitFor { Events 1007 $since | Select-Object -First 1 }
  Check 'event 1007 is written' ($null -ne $entry)
  if ($entry) {
    Check 'it names the process that holds the pipe' ($entry.Message -match "\b$PID\b") $entry.Message
  }

  $answer = Ctl version
  $said = if ($answer) { $answer.error.message } else { 'nothing' }
  Check 'the client refuses a pipe that is not owned by SYSTEM' ($CtlExit -eq 5 -and $said -match 'not to SYSTEM') "exit code ${CtlExit}: $said"
} finally {
  $squatters | ForEach-Object { $_.Dispose() }
  if ((Get-Service PortGuard).Status -ne 'Running') { Start-Service PortGuard }
}

Check 'the service takes the name once it is free' (Answers 90)
$entry = WaitFor { Events 1008 $since | Select-Object -First 1 }
Check 'event 1008 is written' ($null -ne $entry)
Finish
