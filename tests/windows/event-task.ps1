# The task for "port 80 taken": Task Scheduler takes the shipped file, in both ways that
# docs/events.md tells; a copy of it for another port, which writes to a file in the place
# of showing a window, is run by a real event, and a hostile name in it stays text.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

$shipped = (Resolve-Path "$PSScriptRoot\..\..\installer\event-viewer\port-80-taken.task.xml").Path
$xml = Get-Content -Raw $shipped

# --- the file as it is shipped ---
$null = Run schtasks.exe /create /tn 'PortGuard\Port 80 taken' /xml $shipped /f
Check 'schtasks takes the file' ($LASTEXITCODE -eq 0)
$null = Run schtasks.exe /delete /tn 'PortGuard\Port 80 taken' /f
Check 'schtasks deletes it' ($LASTEXITCODE -eq 0)
$task = Register-ScheduledTask -TaskPath '\PortGuard\' -TaskName 'Port 80 taken' -Xml $xml
Check 'Register-ScheduledTask takes it' ($task.State -eq 'Ready') "$($task.State)"
Check 'it runs as users, without more rights' (
  $task.Principal.GroupId -in 'Users', 'S-1-5-32-545' -and $task.Principal.RunLevel -eq 'Limited'
) "$($task.Principal.GroupId) $($task.Principal.RunLevel)"
Unregister-ScheduledTask -TaskPath '\PortGuard\' -TaskName 'Port 80 taken' -Confirm:$false

# --- a copy that can be watched ---
$folder = Join-Path $env:TEMP "portguard-$([guid]::NewGuid().ToString('N'))"
$null = New-Item -ItemType Directory $folder
$said = Join-Path $folder 'said.txt'
$mark = "evil-$([guid]::NewGuid().ToString('N'))"
$port = FreePort
$copy = $xml.Replace("Data='80'", "Data='$port'").Replace('-eq 80)', "-eq $port)")
$copy = $copy -replace '(?s)<GroupId>.*?</RunLevel>', '<UserId>S-1-5-18</UserId>'
$window = '(?s)Add-Type -AssemblyName.*?''Warning''\)'
Check 'the window is where the copy expects it' ($copy -match $window)
$copy = $copy -replace $window, "Set-Content -Encoding UTF8 -LiteralPath '$said' -Value `$who"

# A name that would make a file, where a task starts, if any part of it were run.
$name = "a'; ni $mark; '`$(ni $mark) & b.exe"
$marks = "$folder\$mark", "$env:SystemRoot\System32\$mark"
$program = Join-Path $folder $name
# Not of $PSHOME, which may be that of PowerShell 7.
Copy-Item "$env:SystemRoot\System32\WindowsPowerShell\v1.0\powershell.exe" $program
$listen = "`$l = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Loopback), $port; " +
"`$l.Start(); while (-not (Test-Path '$folder\stop')) { Start-Sleep -Milliseconds 100 }"
$encoded = [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($listen))
$process = $null
try {
  $null = Register-ScheduledTask -TaskPath '\PortGuard\' -TaskName 'Test' -Xml $copy
  $since = Get-Date
  $start = New-Object Diagnostics.ProcessStartInfo
  $start.FileName = $program
  $start.Arguments = "-NoProfile -EncodedCommand $encoded"
  $start.UseShellExecute = $false
  $start.WorkingDirectory = $folder
  $process = [Diagnostics.Process]::Start($start)
  $entry = WaitFor { Events 1100 $since | Where-Object { $_.Properties[0].Value -eq "$port" } }
  Check 'the event has the hostile name' ($entry -and $entry.Properties[1].Value.Contains($name)) (
    "$($entry.Properties[1].Value)")
  $null = WaitFor { (Test-Path $said) -and (Get-Item $said).Length -gt 5 } 60
  $text = if (Test-Path $said) { (Get-Content -Raw -Encoding UTF8 $said).Trim() } else { '' }
  Check 'the task has read it by its number, and it stayed text' (
    $text -eq $entry.Properties[1].Value) $text
  # Anybody may write an event of this source, with strings that the service never would.
  $null = WaitFor { (Get-ScheduledTask -TaskPath '\PortGuard\' -TaskName 'Test').State -eq 'Ready' } 60
  Remove-Item $said -ErrorAction SilentlyContinue
  $forged = "x`r`n$([char]0x202E)$([char]0x1B)[2J" + 'y' * 5000
  $log = New-Object Diagnostics.EventLog 'Application', '.', 'PortGuard'
  $log.WriteEvent((New-Object Diagnostics.EventInstance 1100, 2, 'Warning'), @("$port", $forged, '', "{`"port`":$port}"))
  $null = WaitFor { (Test-Path $said) -and (Get-Item $said).Length -gt 5 } 60
  $text = if (Test-Path $said) { (Get-Content -Raw -Encoding UTF8 $said) -replace '\r\n$' } else { '' }
  Check 'a forged event is shown short and without what controls a screen' (
    $text.Length -eq 263 -and $text -notmatch '\p{C}' -and $text.StartsWith('x  ')) $text
  Check 'nothing of it was run' (-not (Test-Path $marks[0]) -and -not (Test-Path $marks[1]))
} finally {
  Unregister-ScheduledTask -TaskPath '\PortGuard\' -TaskName 'Test' -Confirm:$false -ErrorAction SilentlyContinue
  $null = New-Item -ItemType File (Join-Path $folder 'stop') -Force
  if ($process) { $null = $process.WaitForExit(20000) }
  Remove-Item -Recurse -Force $folder, $marks[1] -ErrorAction SilentlyContinue
}
Finish
