# Puts the environment of Visual Studio's compilers into the steps that follow.
param([Parameter(Mandatory)] [ValidateSet('x64', 'arm64')] [string] $Arch)
Set-StrictMode -Version 1
$ErrorActionPreference = 'Stop'

$vswhere = "${env:ProgramFiles(x86)}\Microsoft Visual Studio\Installer\vswhere.exe"
$studio = & $vswhere -latest -products * -requires Microsoft.VisualStudio.Component.VC.Tools.x86.x64 -property installationPath
if (-not $studio) { throw 'vswhere knows no Visual Studio with C++ tools' }

# What cmd has afterwards, and what this has not had: but for VCPKG_ROOT, which is Visual
# Studio's own vcpkg then.
$after = & cmd.exe /s /c "`"`"$studio\Common7\Tools\VsDevCmd.bat`" -no_logo -arch=$Arch -host_arch=amd64 && set`""
if ($LASTEXITCODE -ne 0) { throw "VsDevCmd.bat -arch=${Arch}: exit code $LASTEXITCODE" }
foreach ($line in $after) {
  $name, $value = $line -split '=', 2
  if ($name -and $value -and $name -ne 'VCPKG_ROOT' -and [Environment]::GetEnvironmentVariable($name) -cne $value) {
    Add-Content -LiteralPath $env:GITHUB_ENV -Value "$name=$value" -Encoding utf8
  }
}
