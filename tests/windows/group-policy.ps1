# Group Policy's values in the real registry: noticed, told as the source, refused when they
# are wrong or when others may write them. Everything is taken away again.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

$key = 'HKLM:\Software\Policies\PortGuard'
$templates = Join-Path $PSScriptRoot '..\..\installer\admx'
$port = FreePort

if (Test-Path $key) { Bail "$key is there already: this machine has a policy of its own" }

function Configuration { return (Ctl health).configuration }

function Guards([int] $Port) {
  return $null -ne (WaitFor { (Ctl health).guarded_ports -contains $Port })
}

function NotInForce([datetime] $Since, [string] $Words) {
  return $null -ne (WaitFor { Events 1003 $Since | Where-Object { $_.Message -like "*$Words*" } })
}

$before = Ctl health
try {
  # The key does not exist when the service starts.
  $since = Get-Date
  New-Item $key -Force | Out-Null
  New-ItemProperty $key -Name GuardedPorts -PropertyType MultiString -Value "$port" -Force | Out-Null
  Check 'a key that appears is noticed' (Guards $port)
  Check 'its source is told' ((Configuration).sources.guarded_ports -eq 'group-policy')
  $entry = WaitFor { Events 1002 $since | Where-Object { $_.Message -like '*Group Policy*guarded_ports*' } }
  Check 'event 1002 names Group Policy' ($null -ne $entry)

  New-ItemProperty $key -Name PolicyMode -PropertyType String -Value 'observe' -Force | Out-Null
  Check 'a value that is added is noticed' ($null -ne (WaitFor { (Configuration).policy_mode -eq 'observe' }))

  # Wrong values.
  $since = Get-Date
  New-ItemProperty $key -Name IntervalMs -PropertyType DWord -Value 5 -Force | Out-Null
  Check 'a wrong number is event 1003, with what is allowed' (NotInForce $since 'IntervalMs: found 5, expected 100-60000')
  Check 'what was in force stays in force' ((Ctl health).interval_ms -eq $before.interval_ms)
  Ctl policy reload | Out-Null
  Check 'policy reload says so' ($CtlExit -eq 7) "exit code $CtlExit"
  $since = Get-Date
  New-ItemProperty $key -Name IntervalMs -PropertyType String -Value '2000' -Force | Out-Null
  Check 'so is a value of another type' (NotInForce $since 'IntervalMs: found REG_SZ')
  Remove-ItemProperty $key -Name IntervalMs
  Check 'without it all is well again' ($null -ne (WaitFor { $null -eq (Configuration).error }))

  # A whole configuration, longer than a registry editor shows.
  $text = @('{', ' "version": 1,', ' "interval_ms": 1500,', ' "guarded_ports": [') + @(1..2000 | ForEach-Object { "  $_," }) + @('  65535', ' ]', '}')
  New-ItemProperty $key -Name Configuration -PropertyType MultiString -Value $text -Force | Out-Null
  Check 'a long configuration replaces the file' ($null -ne (WaitFor { (Ctl health).interval_ms -eq 1500 }))
  Check 'and a single value still wins over it' (Guards $port)
  Check 'no file is named as the source' ($null -eq (Configuration).file -and (Configuration).source -eq 'group-policy')
  Remove-ItemProperty $key -Name Configuration

  # Who may write there. Users, in any language.
  $users = New-Object Security.Principal.SecurityIdentifier 'S-1-5-32-545'
  $acl = Get-Acl $key
  $allowed = New-Object Security.AccessControl.RegistryAccessRule $users, 'SetValue', 'Allow'
  $acl.AddAccessRule($allowed)
  $since = Get-Date
  Set-Acl $key $acl
  Run "$Bin\portguardctl.exe" policy reload | Out-Null
  Check 'a key that users may write is not trusted' (NotInForce $since 'may write to it')
  $check = @((Ctl doctor).checks | Where-Object { $_.name -eq 'configuration' })[0]
  Check 'doctor says what mends it' ($check.state -eq 'failed' -and "$($check.hint)") "$($check.state): $($check.detail)"
  $said = Run cmd.exe /c "$($check.hint)"
  Check 'which can be typed' ($LASTEXITCODE -eq 0) "$said"
  Check 'and takes the key away' (-not (Test-Path $key))
  $moved = Get-ItemProperty "$key.old" -ErrorAction SilentlyContinue
  Check 'but loses nothing of it' ($moved.PolicyMode -eq 'observe' -and "$($moved.GuardedPorts)" -eq "$port") "$moved"
  Rename-Item "$key.old" (Split-Path -Leaf $key)
  Run "$Bin\portguardctl.exe" policy reload | Out-Null
  Check 'as Windows makes it, it is' ($LASTEXITCODE -eq 0) "exit code $LASTEXITCODE"
  $writable = @((Get-Acl $key).GetAccessRules($true, $true, [Security.Principal.SecurityIdentifier]) | Where-Object {
    $_.AccessControlType -eq 'Allow' -and ($_.RegistryRights -band [Security.AccessControl.RegistryRights]::SetValue) -and
    $_.IdentityReference.Value -notin 'S-1-5-18', 'S-1-5-32-544', 'S-1-3-0' })
  Check 'Windows lets nobody else write there' ($writable.Count -eq 0) "$($writable | ForEach-Object { $_.IdentityReference.Value })"

  # The 32-bit view is the same key.
  $view = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', 'Registry32')
  $shared = $view.OpenSubKey('Software\Policies\PortGuard')
  Check '32-bit programs see the same key' ($null -ne $shared -and $shared.GetValue('PolicyMode') -eq 'observe')
} finally {
  Remove-Item $key, "$key.old" -Recurse -Force -ErrorAction SilentlyContinue
}
Check 'without the key all is as before' ($null -ne (WaitFor { (Configuration).source -eq $before.configuration.source }))

# The templates, as Windows' own editor reads them: its schema is on machines with the
# Group Policy tools only, so here they are held against what XML itself says.
foreach ($file in 'PortGuard.admx', 'en-US\PortGuard.adml') {
  $path = Join-Path $templates $file
  if (Test-Path $path) {
    $read = New-Object Xml.XmlDocument
    try { $read.Load($path); $whole = $true } catch { $whole = $false }
    Check "$file is read by Windows' own XML" $whole
  } else {
    Skip "$file is read by Windows' own XML" 'the sources are not beside this script'
  }
}
Finish
