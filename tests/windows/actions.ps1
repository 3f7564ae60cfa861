# What an administrator asks for, with services of our own: no service of this machine is
# stopped. What Wine cannot show: dependents, and the rights of the folder.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

$double = Join-Path (Split-Path $Bin) 'doubles\testsvc.exe'
if (-not (Test-Path $double)) {
  Skip 'actions' "there is no $double"
  Finish
}
$port = FreePort

function Installed([string] $Name, [int] $Port, [string] $Needs) {
  $words = @('install', $Name, $Port, 'normal')
  if ($Needs) { $words += $Needs }
  Run $double @words | Out-Null
  if ($LASTEXITCODE -ne 0) { throw "testsvc install $Name" }
  Start-Service $Name
}

function Runs([string] $Name) {
  return (Get-Service $Name).Status -eq 'Running'
}

# --- the folder ---

$folder = Join-Path $env:ProgramData 'PortGuard'
$acl = Get-Acl $folder
Check 'the folder inherits nothing' $acl.AreAccessRulesProtected
$writers = WhoElseMay $acl 'WriteData, AppendData, WriteAttributes, DeleteSubdirectoriesAndFiles, Delete, ChangePermissions, TakeOwnership' 'S-1-5-18', 'S-1-5-32-544'
Check 'only SYSTEM and administrators may write there' (-not $writers) "$writers"
# Listing a folder brings the right to look at the attributes of each file in it.
$readers = WhoElseMay $acl 'ListDirectory, ReadAttributes, Traverse' 'S-1-5-18', 'S-1-5-32-544'
Check 'nor may anybody else look into it' (-not $readers) "$readers"

# Access 1 is listing; a folder is opened with FILE_FLAG_BACKUP_SEMANTICS.
Add-Type -Namespace PortGuard -Name Files -MemberDefinition @'
[DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
public static extern Microsoft.Win32.SafeHandles.SafeFileHandle CreateFileW(string name, uint access, uint share,
  IntPtr security, uint disposition, uint flags, IntPtr template);
'@
function FolderSharing([uint32] $Share) {
  $handle = [PortGuard.Files]::CreateFileW($folder, 1, $Share, [IntPtr]::Zero, 3, 0x02000000, [IntPtr]::Zero)
  $opened = -not $handle.IsInvalid
  $handle.Dispose()
  return $opened
}
Check 'nobody can have the folder alone' (-not (FolderSharing 0))
Check 'nor for reading only, which would keep files from being replaced' (-not (FolderSharing 1))
Check 'who shares it may look into it' (FolderSharing 3)

# --- free, dependents, restore ---

try {
  Installed 'PgTestBase' $port
  Installed 'PgTestTop' 0 'PgTestBase'
  WaitFor { $a = Ctl status $port; if ($a -and $a.state -eq 'in_use') { $a } } | Out-Null
  $refused = Ctl free $port --yes
  Check 'dependents are a reason to refuse' ($CtlExit -eq 6) "$CtlExit $refused"
  Check 'nothing was stopped' ((Runs 'PgTestBase') -and (Runs 'PgTestTop'))
  $since = Get-Date
  $done = Ctl free $port --yes --dependents stop
  Check 'the port is freed' ($CtlExit -eq 0) "$CtlExit $($done.summary)"
  Check 'the dependent stopped first' ("$($done.steps | ForEach-Object { $_.service })" -eq 'PgTestTop PgTestBase')
  $told = WaitFor { Events 1400 $since | Select-Object -First 1 }
  Check 'event 1400 names the account' ($told -and $told.Properties[0].Value -match [regex]::Escape($env:USERNAME))
  $readers = WhoElseMay (Get-Acl (Join-Path $folder 'state.json')) 'ReadData' 'S-1-5-18', 'S-1-5-32-544'
  Check 'nobody else may open state.json' (-not $readers) "$readers"
  Ctl restore PgTestBase --yes | Out-Null
  Check 'both run again' ($CtlExit -eq 0 -and (Runs 'PgTestBase') -and (Runs 'PgTestTop')) "$CtlExit"
  Set-Service PgTestBase -StartupType Automatic
  Ctl disable PgTestBase --yes --dependents stop | Out-Null
  Check 'it is disabled' ((Get-CimInstance Win32_Service -Filter "Name='PgTestBase'").StartMode -eq 'Disabled')
  RestartService
  Ctl restore PgTestBase --yes | Out-Null
  Check 'its start type is back' ((Get-CimInstance Win32_Service -Filter "Name='PgTestBase'").StartMode -eq 'Auto')
  Check 'it runs again' (Runs 'PgTestBase')
} finally {
  Run $double uninstall PgTestTop | Out-Null
  Run $double uninstall PgTestBase | Out-Null
}

# --- a folder that others may write ---

# As SDDL: Set-Acl would also set the owner, which SYSTEM is and nobody else can make it.
$original = $acl.GetSecurityDescriptorSddlForm('Access')
function MendFolder {
  $mended = New-Object Security.AccessControl.DirectorySecurity
  $mended.SetSecurityDescriptorSddlForm($original, 'Access')
  $directory = New-Object IO.DirectoryInfo $folder
  if ($PSVersionTable.PSVersion.Major -ge 6) {
    [IO.FileSystemAclExtensions]::SetAccessControl($directory, $mended)
  } else {
    $directory.SetAccessControl($mended)
  }
}
try {
  $said = Run icacls.exe $folder /grant '*S-1-5-32-545:(OI)(CI)M'
  if ($LASTEXITCODE -ne 0) { throw "icacls: $said" }
  $since = Get-Date
  RestartService
  $told = WaitFor { Events 1007 $since | Select-Object -First 1 }
  Check 'a folder that users may write is not trusted' ($null -ne $told)
  $refused = Ctl stop Spooler --yes
  Check 'and a protected service is refused all the same' ($CtlExit -eq 6) "$CtlExit"
  Installed 'PgTestBase' $port
  $refused = Ctl stop PgTestBase --yes
  Check 'nor is any other stopped' ($CtlExit -eq 7 -and (Runs 'PgTestBase')) "$CtlExit $($refused.error.message)"
} finally {
  Run $double uninstall PgTestBase | Out-Null
  MendFolder
  RestartService
}
Finish
