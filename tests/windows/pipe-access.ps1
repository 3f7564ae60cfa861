# Wine enforces none of this: who may open the two pipes, and who may add an instance
# to their names.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

# What an attempt brings: "allowed", or the Windows error. Opening asks for exactly
# the mask the descriptor grants; .NET's own client asks for GENERIC_WRITE, which
# contains the right to add instances and is refused for that.
$probe = {
  param($Kind, $Server, $Pipe)
  $source = @'
using System;
using System.Runtime.InteropServices;
public static class PipeProbe {
  [DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
  static extern IntPtr CreateFileW(string name, uint access, uint share, IntPtr security,
                                   uint disposition, uint flags, IntPtr template);
  [DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
  static extern IntPtr CreateNamedPipeW(string name, uint open, uint mode, uint instances,
                                        uint output, uint input, uint timeout,
                                        IntPtr security);
  [DllImport("kernel32.dll")]
  static extern bool CloseHandle(IntPtr handle);

  static string Outcome(IntPtr handle) {
    int error = Marshal.GetLastWin32Error();
    if (handle == new IntPtr(-1)) return error.ToString();
    CloseHandle(handle);
    return "allowed";
  }
  public static string Open(string server, string pipe) {
    return Outcome(CreateFileW(@"\\" + server + @"\pipe\" + pipe, 0x12019b, 0,
                               IntPtr.Zero, 3, 0x00110000, IntPtr.Zero));
  }
  public static string Serve(string pipe) {
    return Outcome(CreateNamedPipeW(@"\\.\pipe\" + pipe, 3, 0, 65, 65536, 65536, 0,
                                    IntPtr.Zero));
  }
}
'@
  Add-Type -TypeDefinition $source
  if ($Kind -eq 'open') { [PipeProbe]::Open($Server, $Pipe) } else { [PipeProbe]::Serve($Pipe) }
}

$ACCESS_DENIED = '5'
$STATUS = 'portguard'
$CONTROL = 'ProtectedPrefix\Administrators\portguard'

function AsOtherUser([pscredential] $Who, [string] $Kind, [string] $Pipe) {
  $job = Start-Job -ScriptBlock $probe -ArgumentList $Kind, '.', $Pipe -Credential $Who
  $done = Wait-Job $job -Timeout 60
  $answer = if ($done) { Receive-Job $job } else { 'no answer' }
  Remove-Job $job -Force
  return [string] $answer
}

foreach ($pipe in $STATUS, $CONTROL) {
  $answer = & $probe 'open' '.' $pipe
  Check "an administrator can open $pipe" ($answer -eq 'allowed') $answer
  $answer = & $probe 'serve' '.' $pipe
  Check "an administrator cannot add an instance to $pipe" ($answer -eq $ACCESS_DENIED) $answer

  # Over SMB to ourselves: the redirector makes it a remote client.
  $answer = & $probe 'open' $env:COMPUTERNAME $pipe
  Check "a remote client of $pipe is refused" ($answer -ne 'allowed') $answer
}

$name = 'pgtest' + (Get-Random -Maximum 99999)
$word = 'Pg1!' + [guid]::NewGuid().ToString('N').Substring(0, 20)
$secret = ConvertTo-SecureString $word -AsPlainText -Force
New-LocalUser -Name $name -Password $secret -AccountNeverExpires | Out-Null
try {
  Add-LocalGroupMember -SID 'S-1-5-32-545' -Member $name -ErrorAction SilentlyContinue
  $who = New-Object pscredential "$env:COMPUTERNAME\$name", $secret
  $answer = AsOtherUser $who 'open' $STATUS
  Check 'a standard user can open the status pipe' ($answer -eq 'allowed') $answer
  $answer = AsOtherUser $who 'serve' $STATUS
  Check 'a standard user cannot add an instance to it' ($answer -eq $ACCESS_DENIED) $answer
  $answer = AsOtherUser $who 'open' $CONTROL
  Check 'a standard user cannot open the control pipe' ($answer -eq $ACCESS_DENIED) $answer
  $answer = AsOtherUser $who 'serve' $CONTROL
  Check 'a standard user cannot add an instance to it' ($answer -eq $ACCESS_DENIED) $answer
} finally {
  Remove-LocalUser -Name $name
}
Finish
