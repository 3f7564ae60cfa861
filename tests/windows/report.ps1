# A report opened by the program that Windows has for pages: Wine has none.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

# Not Ctl, which asks for JSON.
function Report {
  Run "$Bin\portguardctl.exe" report @args | Out-Null
  return $LASTEXITCODE
}

$folder = New-Item -ItemType Directory -Path (Join-Path $env:TEMP "portguard report $PID")
$page = Join-Path $folder "ports & 'more'.html"
try {
  $code = Report -o $page
  Check 'a report is written' ($code -eq 0) "exit code $code"
  $text = Get-Content -Raw -Encoding UTF8 $page
  $name = [Net.Dns]::GetHostName()
  Check 'it names this machine' ($text -match "<h1>Port report of $([regex]::Escape($name))</h1>")

  # Whatever opens it takes it as an argument.
  $code = Report -o $page --open
  Check 'it is opened' ($code -eq 0) "exit code $code"
  $opened = WaitFor {
    Get-CimInstance Win32_Process | Where-Object { "$($_.CommandLine)" -like "*ports*more*.html*" }
  }
  Check 'by a program that was given the whole name' ($null -ne $opened)

  $code = Report -o (Join-Path $folder 'report.cmd') --open
  Check 'what is no page is not opened' ($code -eq 64) "exit code $code"
} finally {
  # What opened it may have it open still; it is left to run.
  $null = WaitFor { Remove-Item -Recurse -Force $folder -ErrorAction SilentlyContinue; -not (Test-Path $folder) } 10
}
Finish
