# One per process: claims its start, runs the command in the foreground and keeps the exit status, even on a full disk.
# usage: sh shim.sh DIR TOKEN LOG CWD COMMAND [ARG...]
# DIR/exit (16 blanks) and DIR/pid (1024 blanks) exist before the start and are written in place: that needs no free block.
# Whoever makes DIR/started-TOKEN decides: this shim, which then runs the command, or a new daemon that gave the start up.
trap : HUP INT QUIT TERM USR1 USR2 XFSZ
_realm_dir=$1 _realm_token=$2 _realm_log=$3 _realm_cwd=$4
shift 4
set -C
{ true >"$_realm_dir/started-$_realm_token"; } 2>/dev/null || exit 0 # not `:`, whose redirection errors end the shell
set +C
_realm_end() {
  trap - EXIT
  printf '%-15s\n' "$1" 1<>"$_realm_dir/exit"
  exit 0
}
_realm_boot=- _realm_stat=$$
if [ -r /proc/$$/stat ]; then
  read -r _realm_boot </proc/sys/kernel/random/boot_id
  read -r _realm_stat </proc/$$/stat
fi
printf '%s %s %s\n' "$_realm_boot" "$_realm_token" "$_realm_stat" 1<>"$_realm_dir/pid"
{ true >>"$_realm_log"; } 2>/dev/null || _realm_end log
exec >>"$_realm_log" 2>&1
cd "$_realm_cwd" || _realm_end cwd
trap '_realm_end fork' EXIT # a shell that cannot fork ends at once
# exec in a subshell: a command named like a shell builtin is still a program, and the traps do not reach it
# It says itself who it is: `$$` is still the shim, and once that is gone nobody else could tell.
(
  _realm_own=-
  [ "$_realm_boot" = - ] || read -r _realm_own </proc/self/stat
  printf '%s %s %s\n%s\n' "$_realm_boot" "$_realm_token" "$_realm_stat" "$_realm_own" 2>/dev/null 1<>"$_realm_dir/pid"
  exec "$@"
)
_realm_end $?
