# The subscription for Windows Event Forwarding: the collector's tool takes the shipped
# file and shows it as it is written. That events arrive takes a domain: see
# docs/not-proven-on-windows.md.
param([Parameter(Mandatory)] [string] $Bin)
. "$PSScriptRoot\common.ps1"

$file = (Resolve-Path "$PSScriptRoot\..\..\installer\event-forwarding\portguard-subscription.xml").Path
$written = ([xml](Get-Content -Raw -Encoding UTF8 $file)).Subscription

$query = $written.Query.'#cdata-section'.Trim()
try {
  $null = Get-WinEvent -FilterXml $query -MaxEvents 1
  $error_id = ''
} catch {
  $error_id = $_.FullyQualifiedErrorId
}
Check 'Windows takes its query' ($error_id -eq '' -or $error_id -like 'NoMatchingEventsFound*') $error_id

$collector = Get-Service Wecsvc
$startType = $collector.StartType
$ran = $collector.Status -eq 'Running'
$null = Run wecutil.exe qc /q:true
if ($LASTEXITCODE -ne 0) {
  Skip 'wecutil takes the subscription' "the collector service cannot be set up here: $LASTEXITCODE"
  Finish
}
$null = Run wecutil.exe cs $file
Check 'wecutil takes the subscription' ($LASTEXITCODE -eq 0)
try {
  $shown = (Run wecutil.exe gs PortGuard /f:xml) -join "`n"
  $kept = ([xml]$shown).Subscription
  foreach ($name in 'SubscriptionType', 'ConfigurationMode', 'ContentFormat', 'ReadExistingEvents', 'LogFile') {
    Check "it kept $name" ($kept.$name -eq $written.$name) "$($kept.$name)"
  }
  Check 'it kept the batching' (
    $kept.Delivery.Batching.MaxLatencyTime -eq $written.Delivery.Batching.MaxLatencyTime -and
    $kept.Delivery.Batching.MaxItems -eq $written.Delivery.Batching.MaxItems)
  Check 'it kept who may send' (
    $kept.AllowedSourceDomainComputers -eq $written.AllowedSourceDomainComputers)
} finally {
  $null = Run wecutil.exe ds PortGuard
  Set-Service Wecsvc -StartupType $startType
  if (-not $ran) { Stop-Service Wecsvc -Force }
}
Finish
