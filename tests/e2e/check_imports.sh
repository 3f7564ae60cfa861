#!/bin/bash
# The Windows programs import from System32 only, and carry the mitigations that
# the linker can switch on. Run by ctest; PG_BIN is the folder with the programs.
set -euo pipefail

objdump=${OBJDUMP:-x86_64-w64-mingw32-objdump}
allowed='ADVAPI32|DBGHELP|HTTPAPI|IPHLPAPI|KERNEL32|MSVCRT|OLE32|PSAPI|SHELL32|USER32|USERENV|WS2_32'
status=0

for program in portguardsvc portguardctl; do
  headers=$("$objdump" -p "$PG_BIN/$program.exe")
  foreign=$(sed -n 's/^.*DLL Name: //p' <<<"$headers" | grep -viE "^($allowed)\.dll$" || true)
  if [ -n "$foreign" ]; then
    printf '%s.exe imports what is not part of Windows:\n%s\n' "$program" "$foreign"
    status=1
  fi
  for mitigation in HIGH_ENTROPY_VA DYNAMIC_BASE NX_COMPAT; do
    if ! grep -q "$mitigation" <<<"$headers"; then
      printf '%s.exe lacks %s\n' "$program" "$mitigation"
      status=1
    fi
  done
done

exit "$status"
