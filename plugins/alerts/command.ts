// Runs a command with the message on its input; it is nobody's child, and killed with all it started when it takes too long.
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context, Exit, ProcessHandle } from 'realm-runner/plugin';
import { type Body, textOf } from './message.ts';
import { Undelivered } from './within.ts';

/** What a program needs to find itself, its user and the user's desktop; nothing else of Realm's own is passed on. */
const INHERITED =
  /^(PATH|HOME|USER|LOGNAME|LANG|LC_[A-Z]+|TZ|TMPDIR|DISPLAY|WAYLAND_DISPLAY|DBUS_SESSION_BUS_ADDRESS|XDG_RUNTIME_DIR)$/;
const MOST_VARIABLE = 16_000;
const LAST_WORDS = 300;

/** `name`: of its folder, one for each alert and target. Rejects with the signal's reason once it aborts. */
export async function runCommand(
  argv: readonly string[],
  body: Body,
  name: string,
  ctx: Context,
  signal: AbortSignal,
): Promise<void> {
  const dir = join(ctx.paths.data, name);
  const [message, output, marker] = ['message.json', 'output.log', 'token'].map((file) => join(dir, file)) as [
    string,
    string,
    string,
  ];
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  await endEarlier(dir, marker, ctx, signal);
  const token = Array.from({ length: 4 }, () => Math.floor(ctx.random() * 2 ** 32).toString(16)).join('');
  writeFileSync(marker, token);
  writeFileSync(message, JSON.stringify(body), { mode: 0o600 });
  writeFileSync(output, '', { mode: 0o600 });
  const env = { ...inherited(), ...variables(body) };
  const wrapped = ['/bin/sh', '-c', 'file=$1; shift; exec "$@" <"$file"', 'alert', message, ...argv];
  const wish = { dir, argv: wrapped, cwd: ctx.paths.root, env, token, log: output };
  const { status, why } = await endOf(token, ctx, signal, () => ctx.processes.start(wish));
  if (status === 0) return;
  const words = lastWordsIn(output);
  throw new Undelivered(`${why}${words === '' ? '' : `: ${words}`}`);
}

/** Waits for the end of what `begin` starts or finds; kills it when the signal aborts. */
async function endOf(
  token: string,
  { processes }: Context,
  signal: AbortSignal,
  begin: () => Promise<ProcessHandle>,
): Promise<Exit> {
  const over = Promise.withResolvers<Exit>();
  const stop = processes.exits(({ token: ended, exit }) => {
    if (ended === token && exit !== undefined) over.resolve(exit);
  });
  let handle: ProcessHandle | undefined;
  const cut = (): void => {
    if (handle !== undefined) processes.signal(handle, 'SIGKILL');
    over.reject(signal.reason);
  };
  signal.addEventListener('abort', cut, { once: true });
  try {
    handle = await begin();
    if (signal.aborted) cut();
    if (handle.exit !== undefined) over.resolve(handle.exit);
    if (handle.neverStarted) over.resolve({ status: null, why: 'never started' });
    return await over.promise;
  } finally {
    over.promise.catch(() => {}); // when the start failed, nobody waits for it
    signal.removeEventListener('abort', cut);
    stop();
  }
}

/** One that an earlier try or life left: its end was not seen, so its message goes out again. */
async function endEarlier(dir: string, marker: string, ctx: Context, signal: AbortSignal): Promise<void> {
  const { processes } = ctx;
  const token = readIfThere(marker);
  if (token === undefined || processes.look(dir, token).state === 'ended') return;
  await endOf(token, ctx, signal, async () => {
    const handle = processes.adopt(dir, token);
    if (handle.exit === undefined && !handle.neverStarted) processes.signal(handle, 'SIGKILL');
    return handle;
  });
}

/** It may have said a gigabyte. */
function lastWordsIn(path: string): string {
  const file = openSync(path, 'r');
  try {
    const last = Buffer.alloc(LAST_WORDS);
    const length = readSync(file, last, 0, LAST_WORDS, Math.max(0, fstatSync(file).size - LAST_WORDS));
    return last.toString('utf8', 0, length).trim();
  } finally {
    closeSync(file);
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8') || undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

const inherited = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => INHERITED.test(entry[0]) && entry[1] !== undefined,
    ),
  );

const variables = (body: Body): Record<string, string> => ({
  REALM_ALERT_ID: body.id,
  REALM_ALERT_SEVERITY: body.severity,
  REALM_ALERT_SUBJECT: body.subject,
  REALM_ALERT_STATE: body.state,
  REALM_ALERT_MESSAGE: body.message.slice(0, MOST_VARIABLE),
  REALM_ALERT_AT: body.at,
  REALM_ALERT_HINT: body.hint,
});

/** For `notify-send`; a machine without it says so in the error. */
export const desktopCommand = (body: Body): readonly string[] => [
  'notify-send',
  '--app-name=Realm',
  `--urgency=${body.severity === 'critical' ? 'critical' : 'normal'}`,
  '--',
  `${body.subject}: ${body.state}`,
  textOf(body),
];
