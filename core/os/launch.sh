# Resident: forks one shim for each line it reads, so that no process is ever the daemon's child, and a start costs the
# same however big the daemon is. A line is shell text that ends in `exec ... shim.sh ...`, made by launch-line.ts.
# A line cut off by the daemon's death has no newline and is not run. All names begin with _realm_, as nobody else's do.
# The words after `exec` fork by themselves: with `&` here, the shell would make INT and QUIT ignored for ever after.
# usage: sh launch.sh
_realm_n='
'
while IFS= read -r _realm_line; do
  (eval "$_realm_line") </dev/null >/dev/null 2>&1
done
