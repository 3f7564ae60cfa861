# The file for windows_exporter in the trusted folder: who may read it, what happens while
# another program has it open as the exporter does, and, where windows_exporter.exe is named
# or installed, whether it takes the file.
param([Parameter(Mandatory)] [string] $Bin, [string] $Exporter = '')
. "$PSScriptRoot\common.ps1"

$folder = Join-Path $env:ProgramData 'PortGuard'
$file = Join-Path $folder 'portguard.prom'
$config = Join-Path $folder 'config.json'
$before = if (Test-Path $config) { [IO.File]::ReadAllBytes($config) } else { $null }

function Configure([string] $Text) {
  [IO.File]::WriteAllText($config, $Text, (New-Object Text.UTF8Encoding $false))
  Ctl policy reload | Out-Null
}

# The whole file, as a reader that lets others write and delete.
function Metrics {
  try { return [IO.File]::ReadAllText($file) } catch [IO.IOException] { return '' }
}

function Series([string] $Line) {
  return (Metrics) -match "(?m)^$([regex]::Escape($Line))$"
}

# Where windows_exporter is, or $null.
function ExporterPath {
  if ($Exporter) { return $Exporter }
  $installed = Join-Path $env:ProgramFiles 'windows_exporter\windows_exporter.exe'
  if (Test-Path $installed) { return $installed }
  return $null
}

try {
  $port = FreePort
  Configure ('{"version": 1, "guarded_ports": [' + $port + '], "metrics": {"enabled": true, "interval_s": 5}}')
  Check 'the file is there' ($null -ne (WaitFor { Series 'portguard_up 1' }))
  Check 'a free port is told' ($null -ne (WaitFor { Series "portguard_port_state{port=`"$port`",state=`"free`"} 1" }))

  $acl = Get-Acl -LiteralPath $file
  $others = WhoElseMay $acl 'ReadData, WriteData, AppendData, Delete, ChangePermissions, TakeOwnership' @('S-1-5-18', 'S-1-5-32-544')
  Check 'only SYSTEM and administrators may read or write it' ($others.Count -eq 0) "$others"

  $listener = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Loopback), $port
  $listener.Start()
  try {
    Check 'a port that is taken is told within seconds' ($null -ne (WaitFor {
      Series "portguard_port_state{port=`"$port`",state=`"in_use`"} 1" } 10))
    $name = (Get-Process -Id $PID).ProcessName
    Check 'and by whom' ((Metrics) -match "portguard_holder_info{port=`"$port`",[^}]*process=`"$name\.exe`"}")
  } finally { $listener.Stop() }

  # As the exporter opens it, which does not let others delete or replace it.
  $since = Get-Date
  $failures = (Ctl health).metrics.failures
  $held = [IO.File]::Open($file, 'Open', 'Read', 'ReadWrite')
  try {
    Check 'while somebody has it open, attempts fail' ($null -ne (WaitFor {
      (Ctl health).metrics.failures -gt $failures } 15))
    Check 'the service says so' ($null -ne (WaitFor { (Events 1007 $since).Count -gt 0 } 20))
    Check 'and answers' ((Ctl status $port).port -eq $port)
  } finally { $held.Dispose() }
  Check 'then it is written again' ($null -ne (WaitFor { -not (Ctl health).metrics.error } 20))
  Check 'which is told as well' ($null -ne (WaitFor { (Events 1008 $since).Count -gt 0 } 20))

  $path = ExporterPath
  if ($path) {
    $words = '--collectors.enabled', 'textfile', '--collector.textfile.directories', $folder,
      '--web.listen-address', '127.0.0.1:19182'
    $program = Start-Process -FilePath $path -ArgumentList $words -PassThru -WindowStyle Hidden
    try {
      $page = WaitFor {
        try { (Invoke-WebRequest -UseBasicParsing -TimeoutSec 5 http://127.0.0.1:19182/metrics).Content } catch { $null }
      } 30
      Check 'windows_exporter shows what is in the file' ($page -match '(?m)^portguard_up 1$')
      Check 'it takes all of it' ($page -match '(?m)^windows_textfile_scrape_error 0$')
      Check 'it tells how old the file is' ($page -match '(?m)^windows_textfile_mtime_seconds{file="[^"]*portguard\.prom"}')
    } finally { Stop-Process -Id $program.Id -Force }
    Check 'and it does not keep the file from being written' (-not (Ctl health).metrics.error)
  } else {
    Skip 'windows_exporter shows what is in the file' 'windows_exporter is not installed'
  }

  Stop-Service PortGuard -Force
  Check 'a service that stops says so in the file' (Series 'portguard_up 0')
  Start-Service PortGuard
  Check 'and that it is back' ($null -ne (WaitFor { Series 'portguard_up 1' }))
} finally {
  if ((Get-Service PortGuard).Status -ne 'Running') { Start-Service PortGuard }
  if ($null -ne $before) { [IO.File]::WriteAllBytes($config, $before) } else { Remove-Item -Force $config -ErrorAction SilentlyContinue }
  Ctl policy reload | Out-Null
}
Check 'without being wanted the file is removed' ($null -ne (WaitFor { -not (Test-Path $file) }))
Finish
