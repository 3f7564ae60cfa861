# The custom views of Event Viewer and every query of docs/events.md, asked of the real
# event log: each must be one that Windows takes, and find what was just written.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

$root = (Resolve-Path "$PSScriptRoot\..\..").Path
$since = Get-Date
$port = FreePort
$listener = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Loopback), $port
try {
  $listener.Start()
  $taken = WaitFor { Events 1100 $since | Where-Object { $_.Properties[0].Value -eq "$port" } }
} finally {
  $listener.Stop()
}
Check 'an event was written to look for' ($null -ne $taken)

# The numbers of the records, or the error; nothing found is an answer, too.
function Records([scriptblock] $Ask) {
  try {
    return @(& $Ask | ForEach-Object { $_.RecordId })
  } catch {
    if ($_.FullyQualifiedErrorId -like 'NoMatchingEventsFound*') { return @() }
    return "$_"
  }
}

function IsAnswer($Records) {
  return @($Records | Where-Object { $_ -is [string] }).Count -eq 0
}

# --- the views ---
foreach ($file in Get-ChildItem "$root\installer\event-viewer\PortGuard*.xml") {
  $view = [xml](Get-Content -Raw -Encoding UTF8 $file.FullName)
  $query = $view.ViewerConfig.QueryConfig.QueryNode.QueryList.OuterXml
  $found = Records { Get-WinEvent -FilterXml $query }
  Check "Windows takes the query of $($file.Name)" (IsAnswer $found) "$found"
  if ($file.Name -eq 'PortGuard.xml') {
    Check 'the view of everything has the new event' ($found -contains $taken.RecordId)
  } else {
    Check 'the view of guarded ports has not' ($found -notcontains $taken.RecordId)
  }
  $installed = "$env:ProgramData\Microsoft\Event Viewer\Views\$($file.Name)"
  if (Test-Path $installed) {
    $same = (Get-FileHash $installed).Hash -eq (Get-FileHash $file.FullName).Hash
    Check "$installed is what was shipped" $same
  } else {
    Skip "$($file.Name) is where Event Viewer looks" 'not installed by the MSI'
  }
}

# --- strings by value and by position ---
$ours = "*[System[Provider[@Name='PortGuard'] and EventID=1100]]"
foreach ($data in 'Data', 'Data[1]', 'Data[position()=1]') {
  $found = Records {
    Get-WinEvent -LogName Application -FilterXPath "$ours and *[EventData[$data='$port']]"
  }
  Check "$data finds the event by its port" ($found -contains $taken.RecordId) "$found"
}
$found = Records {
  Get-WinEvent -LogName Application -FilterXPath "$ours and *[EventData[Data[2]='$port']]"
}
Check 'Data[2] does not' ((IsAnswer $found) -and $found -notcontains $taken.RecordId) "$found"

# --- what the document has ---
$page = Get-Content -Raw -Encoding UTF8 "$root\docs\events.md"
$blocks = [regex]::Matches($page, '(?ms)^```\w*\r?\n(.*?)^```') | ForEach-Object { $_.Groups[1].Value }
foreach ($block in $blocks) {
  $lists = [regex]::Matches($block, '(?s)<QueryList>.*?</QueryList>') | ForEach-Object { $_.Value }
  foreach ($list in @($lists)) {
    $found = Records { Get-WinEvent -FilterXml $list }
    Check 'Windows takes a documented list of queries' (IsAnswer $found) "$list $found"
  }
  if ($lists) { continue }
  $queries = @([regex]::Matches($block, '(?:/q:|/mo |-FilterXPath )"([^"]+)"') |
      ForEach-Object { $_.Groups[1].Value })
  if ($block.TrimStart().StartsWith('*[')) { $queries += $block.Trim() }
  foreach ($query in $queries) {
    $found = Records { Get-WinEvent -LogName Application -FilterXPath $query }
    Check 'Windows takes a documented query' (IsAnswer $found) "$query $found"
  }
  foreach ($line in ($block -split "`r?`n" | Where-Object { $_ -like 'wevtutil *' })) {
    $null = Run $env:ComSpec /d /c $line
    Check 'wevtutil takes a documented query' ($LASTEXITCODE -eq 0) $line
  }
}
Finish
