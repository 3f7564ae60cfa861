# The package, by the WiX toolset 3, from the same source as scripts/msi has on Linux.
param(
  [Parameter(Mandatory)] [string] $Bin,
  [Parameter(Mandatory)] [string] $Version,
  [Parameter(Mandatory)] [string] $Out)
Set-StrictMode -Version 1
$ErrorActionPreference = 'Stop'

if (-not $env:WIX) { throw 'the WiX toolset 3 is not installed: there is no variable WIX' }
$objects = Join-Path ([IO.Path]::GetTempPath()) "portguard-$Version.wixobj"
& "$env:WIX\bin\candle.exe" -nologo -arch x64 "-dVersion=$Version" "-dProductCode=$([guid]::NewGuid())" "-dBin=$Bin" '-dRoot=.' -out $objects installer\portguard.wxs
if ($LASTEXITCODE -ne 0) { throw "candle: exit code $LASTEXITCODE" }
& "$env:WIX\bin\light.exe" -nologo -spdb -out $Out $objects
if ($LASTEXITCODE -ne 0) { throw "light: exit code $LASTEXITCODE" }
