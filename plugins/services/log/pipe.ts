// `log.pipe`: a `cat` between a service and its log, for programs that open /dev/stderr by its name.

/**
 * Opening /dev/stderr anew empties a file, but not a pipe. `cat` is deaf to what ends the service, so that last words arrive;
 * the shell outlives the signals too, keeps the exit status and gives `cat` a second for the rest: what was left behind by
 * the service may hold the pipe open for ever. All may write, so that a service of another `user` can open it anew; nobody
 * else can reach it, in its folder.
 */
const SCRIPT = `
_realm_fifo=$1
shift
trap : HUP INT QUIT TERM USR1 USR2
rm -f "$_realm_fifo"
mkfifo -m 622 "$_realm_fifo" || exit 126
(trap '' HUP INT QUIT TERM USR1 USR2; exec cat <"$_realm_fifo") &
_realm_cat=$!
(exec "$@") >"$_realm_fifo" 2>&1
_realm_status=$?
_realm_turns=0
while kill -0 "$_realm_cat" 2>/dev/null && [ "$_realm_turns" -lt 100 ]; do
  sleep 0.01
  _realm_turns=$((_realm_turns + 1))
done
rm -f "$_realm_fifo"
exit "$_realm_status"
`;

/** `fifo`: a path that is nobody else's; made and removed. */
export const piped = (argv: readonly string[], fifo: string): readonly string[] => [
  '/bin/sh',
  '-c',
  SCRIPT,
  'realm-pipe',
  fifo,
  ...argv,
];
