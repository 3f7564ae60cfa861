# Wine enforces none of this: who may open the two pipes, who may add an instance to
# their names, and what a standard user is answered.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

# What an attempt brings: "allowed", or the Windows error. Opening asks for exactly
# the mask the descriptor grants; .NET's own client asks for GENERIC_WRITE, which
# contains the right to add instances and is refused for that. As another user it is
# tried on a thread that has their token, so that Windows decides as it would for them.
Add-Type -TypeDefinition @'
using System;
using System.ComponentModel;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
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
  [DllImport("advapi32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
  static extern bool LogonUserW(string user, string domain, string password, int type,
                                int provider, out IntPtr token);
  [DllImport("advapi32.dll", SetLastError = true)]
  static extern bool ImpersonateLoggedOnUser(IntPtr token);
  [DllImport("advapi32.dll", SetLastError = true)]
  static extern bool RevertToSelf();

  static readonly IntPtr None = new IntPtr(-1);

  static IntPtr Connect(string server, string pipe) {
    return CreateFileW(@"\\" + server + @"\pipe\" + pipe, 0x12019b, 0, IntPtr.Zero, 3,
                       0x00110000, IntPtr.Zero);
  }
  static string Outcome(IntPtr handle) {
    int error = Marshal.GetLastWin32Error();
    if (handle == None) return error.ToString();
    CloseHandle(handle);
    return "allowed";
  }
  public static string Open(string server, string pipe) {
    return Outcome(Connect(server, pipe));
  }
  public static string Serve(string pipe) {
    return Outcome(CreateNamedPipeW(@"\\.\pipe\" + pipe, 3, 0, 65, 65536, 65536, 0,
                                    IntPtr.Zero));
  }
  public static string Ask(string pipe, string line) {
    IntPtr handle = Connect(".", pipe);
    if (handle == None) return Outcome(handle);
    using (var stream = new FileStream(new SafeFileHandle(handle, true), FileAccess.ReadWrite, 1)) {
      byte[] bytes = Encoding.UTF8.GetBytes(line + "\n");
      stream.Write(bytes, 0, bytes.Length);
      stream.Flush();
      return new StreamReader(stream, Encoding.UTF8).ReadLine();
    }
  }
  public static string As(string user, string password, string what, string pipe, string line) {
    IntPtr token;
    if (!LogonUserW(user, ".", password, 2, 0, out token)) throw new Win32Exception();
    try {
      if (!ImpersonateLoggedOnUser(token)) throw new Win32Exception();
      try {
        if (what == "open") return Open(".", pipe);
        if (what == "serve") return Serve(pipe);
        return Ask(pipe, line);
      } finally {
        if (!RevertToSelf()) Environment.FailFast("RevertToSelf");
      }
    } finally {
      CloseHandle(token);
    }
  }
}
'@

$ACCESS_DENIED = '5'
$STATUS = 'portguard'
$CONTROL = 'ProtectedPrefix\Administrators\portguard'

# --- administrators, here and from afar ---

# Over SMB to ourselves: the redirector makes it a remote client. A pipe of ours, which
# nothing protects, shows whether that way is open at all.
$ours = "portguard-test-$PID"
$open = New-Object IO.Pipes.NamedPipeServerStream $ours, 'InOut', 1
try { $smb = [PipeProbe]::Open($env:COMPUTERNAME, $ours) } finally { $open.Dispose() }

foreach ($pipe in $STATUS, $CONTROL) {
  $answer = [PipeProbe]::Open('.', $pipe)
  Check "an administrator can open $pipe" ($answer -eq 'allowed') $answer
  $answer = [PipeProbe]::Serve($pipe)
  Check "an administrator cannot add an instance to $pipe" ($answer -eq $ACCESS_DENIED) $answer
  if ($smb -eq 'allowed') {
    $answer = [PipeProbe]::Open($env:COMPUTERNAME, $pipe)
    Check "a remote client of $pipe is refused" ($answer -ne 'allowed') $answer
    Note "with error $answer"
  } else {
    Skip "a remote client of $pipe is refused" "this machine's pipes cannot be reached over SMB: error $smb"
  }
}

# --- a standard user ---

function TestStandardUser([string] $User, [string] $Password) {
  $answer = [PipeProbe]::As($User, $Password, 'open', $STATUS, '')
  Check 'a standard user can open the status pipe' ($answer -eq 'allowed') $answer
  $answer = [PipeProbe]::As($User, $Password, 'serve', $STATUS, '')
  Check 'a standard user cannot add an instance to it' ($answer -eq $ACCESS_DENIED) $answer
  $answer = [PipeProbe]::As($User, $Password, 'open', $CONTROL, '')
  Check 'a standard user cannot open the control pipe' ($answer -eq $ACCESS_DENIED) $answer
  $answer = [PipeProbe]::As($User, $Password, 'serve', $CONTROL, '')
  Check 'a standard user cannot add an instance to it' ($answer -eq $ACCESS_DENIED) $answer

  $since = Get-Date
  $line = '{"jsonrpc":"2.0","id":1,"method":"service.stop","params":{"name":"PgTestNone"}}'
  $answer = [PipeProbe]::As($User, $Password, 'ask', $STATUS, $line)
  Check 'a control verb on the status pipe is denied' ($answer -match '"code":\s*-32001\b') $answer
  # Whom, is known by the process at the other end, which is this one.
  $told = WaitFor { Events 1401 $since | Where-Object { $_.Properties[1].Value -eq 'service.stop' } }
  Check 'and event 1401 is written' ($null -ne $told)

  $answer = [PipeProbe]::As($User, $Password, 'ask', $STATUS, '{"jsonrpc":"2.0","id":2,"method":"ping"}')
  Check 'a read verb is answered' ($answer -match '"result"') $answer
}

function TestProgramOfStandardUser([string] $User, [string] $Password) {
  # Where everybody may read: the build may be in the folder of one user.
  $folder = New-Item -ItemType Directory (Join-Path $env:ProgramData "portguard test $PID")
  try {
    Copy-Item "$Bin\portguardctl.exe" $folder
    $program = Join-Path $folder 'portguardctl.exe'
    $answer = AsUser $User $Password $program 'stop PgTestNone --yes --json'
    if ($null -eq $answer) {
      Skip 'portguardctl run by a standard user' 'no program can be started as another user here'
      return
    }
    Check 'portguardctl stop ends with exit code 4' ($answer.ExitCode -eq 4) "$($answer.ExitCode) $($answer.Said)"
    $since = Get-Date
    $answer = AsUser $User $Password $program 'stop PgTestNone --yes --json --control \\.\pipe\portguard'
    Check 'on the status pipe as well' ($answer.ExitCode -eq 4) "$($answer.ExitCode) $($answer.Said)"
    $told = WaitFor { Events 1401 $since | Where-Object { $_.Properties[0].Value -match [regex]::Escape($User) } }
    Check 'and event 1401 names who asked' ($null -ne $told)
    $answer = AsUser $User $Password $program 'version --json'
    Check 'portguardctl version ends with 0' ($answer.ExitCode -eq 0) "$($answer.ExitCode) $($answer.Said)"
  } finally {
    Remove-Item -Recurse -Force $folder
  }
}

WithStandardUser {
  param([string] $User, [string] $Password)
  TestStandardUser $User $Password
  TestProgramOfStandardUser $User $Password
}
Finish
