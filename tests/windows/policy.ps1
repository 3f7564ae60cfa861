# Rules at work on real services. What Wine cannot show: dependents, one user's instance
# of a service, two at one listener of HTTP.sys, and IIS. Services of ours are stopped,
# and W3SVC where it is installed.
#
# One user's instance is made when somebody signs in: run this with -Prepare, sign out
# and in, and run it without; the second run removes what the first has made.
param([Parameter(Mandatory)] [string] $Bin, [switch] $Prepare)
. "$PSScriptRoot\common.ps1"

$doubles = Join-Path (Split-Path $Bin) 'doubles'
$double = Join-Path $doubles 'testsvc.exe'
if (-not (Test-Path $double)) {
  Skip 'policy' "there is no $double"
  Finish
}
$template = 'PgTestUser'
$userPort = 20871

if ($Prepare) {
  # As one text: the two PowerShells do not agree on quotes in arguments.
  $words = "create $template type= userown start= demand binPath= `"\`"$double\`" service $template $userPort normal`""
  $made = Start-Process sc.exe -ArgumentList $words -NoNewWindow -Wait -PassThru
  Check 'a service of users is made' ($made.ExitCode -eq 0) "sc.exe: exit code $($made.ExitCode)"
  Note 'Sign out and in again, then run this without -Prepare.'
  Finish
}

$config = Join-Path $env:ProgramData 'PortGuard\config.json'
$before = if (Test-Path $config) { [IO.File]::ReadAllBytes($config) } else { $null }
$port = FreePort

# A rule that does not act twice here, and what else it says. It gives who starts the
# service the time to see it run.
function Rule([string] $Name, [int] $Port, [string[]] $Services, [hashtable] $More = @{}) {
  $rule = @{ name = $Name; mode = 'enforce'; ports = @($Port); services = $Services; confirm_s = 2; cooldown_s = 3600 }
  foreach ($key in $More.Keys) { $rule[$key] = $More[$key] }
  return $rule
}

function SetRules([object[]] $Rules) {
  $text = @{ version = 1; interval_ms = 200; rules = $Rules } | ConvertTo-Json -Depth 6
  [IO.File]::WriteAllText($config, $text)
  Ctl policy reload | Out-Null
  Check "the rules are taken: $($Rules | ForEach-Object { $_.name })" ($CtlExit -eq 0) "$CtlExit"
}

# The first event with that ID that a rule has caused, as strings.
function Told([int] $Id, [string] $Rule, [datetime] $Since) {
  return WaitFor {
    $found = Events $Id $Since | Where-Object { $_.Properties[0].Value -eq $Rule } | Select-Object -First 1
    if ($found) { $found.Properties | ForEach-Object { "$($_.Value)" } }
  } 30
}

function Installed([string] $Name, [int] $Port, [string] $Needs) {
  $words = @('install', $Name, $Port, 'normal')
  if ($Needs) { $words += $Needs }
  Run $double @words | Out-Null
  if ($LASTEXITCODE -ne 0) { throw "testsvc install $Name" }
}

function Runs([string] $Name) {
  return (Get-Service $Name).Status -eq 'Running'
}

function StartType([string] $Name) {
  return (Get-ItemProperty "HKLM:\SYSTEM\CurrentControlSet\Services\$Name").Start
}

# It holds the port again, and the rule lets it.
function CoolsDown([string] $Rule, [string] $Service, [int] $Port) {
  $seen = WaitFor {
    $shown = Ctl policy show
    if ($shown) {
      $shown.rules | Where-Object { $_.name -eq $Rule } | ForEach-Object { $_.watched } |
        Where-Object { $_.service -eq $Service -and $_.port -eq $Port -and $_.state -eq 'cooling_down' }
    }
  }
  return $null -ne $seen
}

function Result([object] $Tested) {
  if ($Tested) { return $Tested.result }
  return 'no answer'
}

# --- how soon ---

# By the diary of the service: when it listened, when it was asked to stop.
function TestInTime {
  Installed 'PgTestSoon' $port
  try {
    SetRules (Rule 'soon' $port 'PgTestSoon')
    $since = Get-Date
    Start-Service PgTestSoon
    $stopped = Told 1301 'soon' $since
    Check 'a listed service is stopped' ($null -ne $stopped)
    $times = @(Get-Content (Join-Path $doubles 'PgTestSoon.log') | ForEach-Object { [double] ($_ -split ' ')[1] })
    $took = $times[1] - $times[0]
    Check 'within confirm_s, one interval and 100 ms' ($took -ge 2000 -and $took -le 2300) "$took ms"
  } finally {
    Run $double uninstall PgTestSoon | Out-Null
  }
}

# --- dependents ---

function TestDependents {
  Installed 'PgTestBase' $port
  Installed 'PgTestTop' 0 'PgTestBase'
  try {
    SetRules (Rule 'refuses' $port 'PgTestBase')
    $since = Get-Date
    Start-Service PgTestTop
    $refused = Told 1307 'refuses' $since
    Check 'dependents are a reason to refuse' ($refused -and $refused[3] -eq 'dependents') "$refused"
    Check 'which says whom it is about' ($refused -and $refused[4] -match 'PgTestTop') "$refused"
    Check 'nothing was stopped' ((Runs 'PgTestBase') -and (Runs 'PgTestTop'))

    $since = Get-Date
    SetRules (Rule 'stops' $port 'PgTestBase' @{ dependents = 'stop' })
    $stopped = Told 1301 'stops' $since
    Check 'a rule may stop them as well' ($null -ne $stopped)
    Check 'the dependent first' ($stopped -and $stopped[-1] -match '"stopped":\["PgTestTop","PgTestBase"\]') "$stopped"
    Check 'the port is seen free' ($null -ne (Told 1304 'stops' $since))
    RestartService
    Ctl restore PgTestBase --yes | Out-Null
    Check 'both run again' ($CtlExit -eq 0 -and (Runs 'PgTestBase') -and (Runs 'PgTestTop')) "$CtlExit"
    Check 'and are left alone for the cool-down' (CoolsDown 'stops' 'PgTestBase' $port)
  } finally {
    Run $double uninstall PgTestTop | Out-Null
    Run $double uninstall PgTestBase | Out-Null
  }
}

# --- one user's instance ---

function TestInstanceIsKnown {
  $instance = Get-CimInstance Win32_Service | Where-Object { $_.Name -like 'CDPUserSvc_*' } | Select-Object -First 1
  if (-not $instance) {
    Skip 'an instance is known by its template' 'nobody with services of their own is signed in'
    return
  }
  SetRules (Rule 'template' $port 'CDPUserSvc' @{ mode = 'observe' })
  $tested = Ctl policy test --port $port --service $instance.Name
  Check "$($instance.Name) is CDPUserSvc to a rule" ((Result $tested) -eq 'observe') (Result $tested)
  $tested = Ctl policy test --port $port --service CDPUserSvc_none
  Check 'a name that only looks like one is not' ((Result $tested) -eq 'nothing') (Result $tested)
}

function TestInstanceIsDisabled {
  $instance = Get-Service "${template}_*" -ErrorAction SilentlyContinue | Select-Object -First 1
  if (-not $instance) {
    Skip 'an instance is stopped and its template disabled' 'run policy.ps1 -Prepare, sign out and in'
    return
  }
  try {
    SetRules (Rule 'user' $userPort $template @{ action = 'disable' })
    $since = Get-Date
    Start-Service $instance.Name
    $disabled = Told 1303 'user' $since
    Check 'the start type of the template was set' ($disabled -and $disabled[4] -eq $template) "$disabled"
    Check 'for the instance' ($disabled -and $disabled[1] -eq $instance.Name) "$disabled"
    Check 'which is stopped' (($null -ne (Told 1301 'user' $since)) -and -not (Runs $instance.Name))
    Check 'the template is disabled' ((StartType $template) -eq 4) "$(StartType $template)"
    Ctl restore $instance.Name --yes | Out-Null
    Check 'both are as before' ($CtlExit -eq 0 -and (StartType $template) -eq 3 -and (Runs $instance.Name)) "$CtlExit"
  } finally {
    Stop-Service $instance.Name -ErrorAction SilentlyContinue
    Run sc.exe delete $instance.Name | Out-Null
    Run sc.exe delete $template | Out-Null
    Remove-Item (Join-Path $doubles "$template.log") -ErrorAction SilentlyContinue
  }
}

# --- IIS ---

# Somebody who is not listed holds the listener already, and goes on holding it.
function TestIisJoins {
  $listener = New-Object Net.HttpListener
  $listener.Prefixes.Add('http://+:80/portguard-test/')
  $listener.Start()
  try {
    SetRules (Rule 'joins' 80 'W3SVC' @{ dependents = 'stop' })
    $since = Get-Date
    Start-Service W3SVC
    $stopped = Told 1301 'joins' $since
    Check 'IIS is stopped when it joins a listener' ($stopped -and $stopped[1] -eq 'W3SVC') "$stopped"
    Check 'and it is told that the port is held still' ($stopped -and $stopped[3] -match 'held still') "$stopped"
    Check 'the other is left alone' $listener.IsListening
  } finally {
    $listener.Stop()
  }
}

function TestIisAlone {
  SetRules (Rule 'keep-80' 80 'W3SVC' @{ dependents = 'stop' })
  $since = Get-Date
  Start-Service W3SVC
  $stopped = Told 1301 'keep-80' $since
  Check 'IIS on port 80 is stopped' ($stopped -and $stopped[1] -eq 'W3SVC' -and $stopped[2] -eq '80') "$stopped"
  Check 'it does not run' (-not (Runs 'W3SVC'))
  $answer = Ctl status 80
  if (@($answer.holders).Count -eq 0) {
    Check 'the port is seen free' ($null -ne (Told 1304 'keep-80' $since))
  } else {
    Skip 'the port is seen free' "it has other holders: $($answer.summary)"
  }
  Ctl restore W3SVC --yes | Out-Null
  Check 'IIS is restored' ($CtlExit -eq 0 -and (Runs 'W3SVC')) "$CtlExit"
  Check 'and left alone for the cool-down' (CoolsDown 'keep-80' 'W3SVC' 80)
}

function TestIis {
  $iis = Get-Service W3SVC -ErrorAction SilentlyContinue
  if (-not $iis) {
    Skip 'IIS is stopped by a rule' 'IIS is not installed'
    return
  }
  $ran = $iis.Status -eq 'Running'
  Stop-Service W3SVC -Force
  try {
    TestIisJoins
    TestIisAlone
  } finally {
    SetRules @()
    if ($ran) { Start-Service W3SVC } else { Stop-Service W3SVC -Force }
  }
}

try {
  TestInTime
  TestDependents
  TestInstanceIsKnown
  TestInstanceIsDisabled
  TestIis
} finally {
  if ($null -ne $before) { [IO.File]::WriteAllBytes($config, $before) } else { Remove-Item $config -ErrorAction SilentlyContinue }
  Ctl policy reload | Out-Null
}
Finish
