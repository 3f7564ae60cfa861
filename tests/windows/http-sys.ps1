# The real HTTP.sys and the real netsh, in whatever language and generation this
# Windows has: a listener of ours must be attributed to this very process, by a
# service whose privileges were cut.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

$port = FreePort
$listener = New-Object Net.HttpListener
$listener.Prefixes.Add("http://+:$port/portguard-test/")
try {
  $listener.Start()
  $answer = WaitFor {
    $a = Ctl status $port
    if ($a -and @($a.holders | Where-Object { $_.kind -eq 'http.sys' })) { $a }
  }
  Check 'the port is held by HTTP.sys' ($null -ne $answer)
  if ($answer) {
    $holder = @($answer.holders)[0]
    Check 'the listener belongs to the kernel' (@($answer.listeners)[0].pid -eq 4)
    Check 'the holder is this process' ($holder.process.pid -eq $PID) ($answer | ConvertTo-Json -Depth 8 -Compress)
    Check 'that is certain' ($holder.confidence -eq 'certain') $holder.confidence
    Check 'the URL is the registered one' ("$($holder.urls)" -match ":$port/portguard-test/")
    Check 'the answer is complete' ([bool] $answer.complete) "$($answer.warnings)"
    Check 'since when is known' ($null -ne @($answer.listeners)[0].since)
  }
} finally {
  $listener.Close()
}
$answer = WaitFor { $a = Ctl status $port; if ($a -and $a.state -eq 'free') { $a } }
Check 'the port is free once the listener has stopped' ($null -ne $answer)

# Whether netsh starts a stopped HTTP service is never tried: the service asks the
# SCM first. SMB shows that not all of the kernel is HTTP.sys.
$answer = Ctl status 445
if ($answer -and $answer.state -eq 'in_use') {
  Check 'SMB on 445 is a driver and not HTTP.sys' (@($answer.holders)[0].kind -eq 'driver') @($answer.holders)[0].kind
} else {
  Skip 'SMB on 445' 'nothing listens there'
}
Finish
