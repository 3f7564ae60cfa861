# The network configuration as the real HTTP.sys, netsh and IP Helper have it: what is
# added must be told, at once where Windows gives notice, by a service whose privileges
# were cut. Everything is taken away again.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

$port = FreePort
# Well below the minute after which everything is read in any case.
$atOnce = 20

# The rows that `portguardctl http $Verb` answers in its member $Name.
function Rows([string] $Verb, [string] $Name) {
  $answer = Ctl http $Verb
  if (-not $answer -or $null -eq $answer.$Name) { throw "portguardctl http ${Verb}: no $Name" }
  return @($answer.$Name)
}

function Told([int] $Id, [datetime] $Since, [string] $Words) {
  $entry = WaitFor { Events $Id $Since | Where-Object { $_.Message -like "*$Words*" } } $atOnce
  Check "event $Id tells of $Words at once" ($null -ne $entry)
}

# --- URL reservations, and the names of accounts ---

$since = Get-Date
$url = "http://+:$port/portguard-test/"
$user = [Security.Principal.WindowsIdentity]::GetCurrent().Name
Netsh http add urlacl "url=$url" "user=$user"
try {
  Told 1200 $since $url
  $row = WaitFor {
    Rows reservations reservations | Where-Object { $_.url -eq $url -and $_.accounts -contains $user }
  }
  Check 'a reservation is listed with the name of its account' ($null -ne $row)
  $answer = Ctl status $port
  Check 'a reservation is no holder' ($answer.state -eq 'free') $answer.state
  Check 'status shows it' (@($answer.reservations | Where-Object { $_.url -eq $url }).Count -eq 1)
} finally {
  $since = Get-Date
  Netsh http delete urlacl "url=$url"
}
Told 1201 $since $url
Check 'Windows has reservations of its own' (@(Rows reservations reservations).Count -gt 5)
$all = Ctl http reservations
Check 'reading them needs no privilege that the service gave up' ([bool] $all.complete) "$($all.warnings)"

# --- the IP listen list, and whether it releases the wildcard ---

# The addresses on which somebody listens on $port, as Windows tells them.
function Listening {
  $rows = Get-NetTCPConnection -State Listen -LocalPort $port -ErrorAction SilentlyContinue
  return @($rows | Where-Object { $_ } | ForEach-Object { $_.LocalAddress } | Sort-Object)
}

function HasWildcard {
  return [bool] (Listening | Where-Object { $_ -in '0.0.0.0', '::' })
}

# status and Get-NetTCPConnection must agree, whatever HTTP.sys has done. Which of the
# two answers that is, is disputed: it is told, and neither fails.
function TellListeners([string] $When) {
  $answer = WaitFor {
    $a = Ctl status $port
    if ($a -and "$(Listening)" -eq "$($a.listeners | ForEach-Object { $_.address } | Sort-Object)") { $a }
  }
  Check "the listeners are Windows' own $When" ($null -ne $answer) "Windows: $(Listening)"
  if (-not $answer) { return }
  $addresses = @($answer.listeners | ForEach-Object { $_.address })
  $wildcard = [bool] ($addresses | Where-Object { $_ -in '0.0.0.0', '::' })
  Check "nobody is promised a wildcard that is taken $When" (-not $wildcard -or $answer.wildcard_bindable -eq 'no') $answer.wildcard_bindable
  Note "$When HTTP.sys listens on: $addresses"
  Note "$When the wildcard is released: $(-not $wildcard), bindable: $($answer.wildcard_bindable)"
}

# With 127.0.0.77 as the list's only entry, while $web holds a URL on $port.
function NarrowListenList($web) {
  $since = Get-Date
  Netsh http add iplisten 127.0.0.77
  try {
    Told 1202 $since '127.0.0.77'
    $list = @(Rows iplisten ip_listen_list)
    Check 'the address is listed' ($list -contains '127.0.0.77') "$list"
    # What takes a moment is at once; what does not come is told.
    WaitFor { -not (HasWildcard) } 5 | Out-Null
    TellListeners 'after the list was narrowed'
    $web.Stop()
    $web.Start()
    WaitFor { -not (HasWildcard) } 5 | Out-Null
    TellListeners 'after the program registered again'
  } finally {
    $since = Get-Date
    Netsh http delete iplisten 127.0.0.77
  }
  Told 1203 $since '127.0.0.77'
  Check 'an empty list is read as one' (@(Rows iplisten ip_listen_list).Count -eq 0)
  WaitFor { HasWildcard } 5 | Out-Null
  TellListeners 'after the list was emptied'
}

if (@(Rows iplisten ip_listen_list).Count -eq 0) {
  $web = New-Object Net.HttpListener
  $web.Prefixes.Add($url)
  try {
    $web.Start()
    Check 'HTTP.sys has the wildcard while the list is empty' ([bool] (WaitFor { HasWildcard })) "$(Listening)"
    TellListeners 'before the list was narrowed'
    NarrowListenList $web
  } finally {
    $web.Close()
  }
} else {
  Skip 'the IP listen list' 'this machine has one, which is left alone'
}

# --- certificates, by address and by name ---

$app = '{' + [guid]::NewGuid().ToString() + '}'
$certificate = New-SelfSignedCertificate -DnsName 'portguard-test.example' -CertStoreLocation Cert:\LocalMachine\My
$bindings = "ipport=0.0.0.0:$port", "hostnameport=portguard-test.example:$port"
try {
  foreach ($binding in $bindings) {
    $since = Get-Date
    $endpoint = $binding -replace '^\w+=', ''
    Netsh http add sslcert $binding "certhash=$($certificate.Thumbprint)" "appid=$app" certstorename=MY
    Told 1204 $since $endpoint
    $row = Rows certificates certificates | Where-Object { $_.endpoint -eq $endpoint }
    Check "$endpoint is listed" ($null -ne $row)
    if ($row) {
      Check "$endpoint has its hash" ($row.hash -eq $certificate.Thumbprint) $row.hash
      Check "$endpoint has its application" ($row.app_id -eq $app) $row.app_id
      Check "$endpoint has its store" ($row.store -eq 'MY') $row.store
    }
  }
} finally {
  foreach ($binding in $bindings) { Run netsh.exe http delete sslcert $binding | Out-Null }
  Remove-Item "Cert:\LocalMachine\My\$($certificate.Thumbprint)"
}

# --- a port proxy ---

$since = Get-Date
Netsh interface portproxy add v4tov4 listenaddress=127.0.0.1 "listenport=$port" connectaddress=127.0.0.1 connectport=9
try {
  Told 1208 $since "$port"
  if ((Get-Service iphlpsvc).Status -eq 'Running') {
    $answer = WaitFor { $a = Ctl status $port; if ($a -and $a.state -eq 'in_use') { $a } }
    Check 'its listener is found' ($null -ne $answer)
    if ($answer) {
      $kind = @($answer.holders)[0].kind
      Check 'the listener of a port proxy is told as one' ($kind -eq 'portproxy') $kind
      $fix = "netsh interface portproxy delete v4tov4 listenaddress=127.0.0.1 listenport=$port"
      $told = @($answer.fixes | ForEach-Object { $_.by_hand })
      Check 'the command that deletes its rule is told' ($told -contains $fix) "$told"
    }
  } else {
    Skip 'the listener of a port proxy' 'IP Helper does not run'
  }
} finally {
  $since = Get-Date
  Netsh interface portproxy delete v4tov4 listenaddress=127.0.0.1 "listenport=$port"
}
Told 1209 $since "$port"

# --- excluded port ranges, in whatever language netsh speaks here ---

Netsh int ipv4 add excludedportrange protocol=tcp "startport=$port" numberofports=3 store=active
try {
  # As soon as somebody asks: Windows gives no notice.
  $answer = WaitFor { $a = Ctl status $port; if ($a -and @($a.excluded_ranges)) { $a } }
  Check 'an administered range is found' ($null -ne $answer)
  if ($answer) {
    $range = @($answer.excluded_ranges)[0]
    Check 'it is told whole' ($range.first -eq $port -and $range.last -eq $port + 2) "$($range.first)-$($range.last)"
    Check 'it is told to be administered' ([bool] $range.administered)
    Check 'the port stays free' ($answer.state -eq 'free') $answer.state
    Check 'and there is a warning' (@($answer.warnings).Count -gt 0)
  }
  $listener = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Any), $port
  try { $listener.Start(); $bindable = $true } catch { $bindable = $false }
  $listener.Stop()
  Check 'a port in an administered range can be bound explicitly' $bindable
} finally {
  Netsh int ipv4 delete excludedportrange protocol=tcp "startport=$port" numberofports=3 store=active
}
$answer = Ctl status 9
Check 'netsh shows the ranges of both families' ([bool] $answer.complete) "$($answer.warnings)"

# --- connections ---

$listener = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Loopback), 0
$client = $null
try {
  $listener.Start()
  $client = New-Object Net.Sockets.TcpClient '127.0.0.1', $listener.LocalEndpoint.Port
  $near = $client.Client.LocalEndPoint.Port
  $answer = WaitFor { $a = Ctl status $near; if ($a -and $a.connections) { $a } }
  Check 'the local port of a connection is told, with its process' ($answer -and @($answer.connections)[0].pid -eq $PID)
} finally {
  if ($client) { $client.Close() }
  $listener.Stop()
}
Finish
