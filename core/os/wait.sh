# Waits, in a session of its own already, for the line of one process, says that it took it, and becomes what that says.
# A line is shell text that ends in `exec ... shim.sh ...`, made by launch-line.ts. All names begin with _realm_, as nobody else's do.
# A line cut off by the daemon's death has no newline and is not run.
# usage: sh wait.sh
_realm_n='
'
IFS= read -r _realm_line || exit
echo taken
exec </dev/null >/dev/null 2>&1
eval "$_realm_line"
