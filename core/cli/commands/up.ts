// realm up: keeps the realm true in the background.
import { fileURLToPath } from 'node:url';
import type { SourceView } from '../../api/door.ts';
import { connectDoor } from '../../daemon/client.ts';
import { startDetached, stopHolder } from '../../daemon/detach.ts';
import { read } from '../../daemon/lease.ts';
import { DAEMON_NODE_FLAGS } from '../../daemon/node-flags.ts';
import { RealmError } from '../../errors.ts';
import { VERSION } from '../../kernel/version.ts';
import { EXIT } from '../exit-codes.ts';
import { durationFlag } from '../arguments.ts';
import { askAtFirstStart } from '../first-start.ts';
import { placeOf } from '../place.ts';
import { writeJson } from '../render/json.ts';
import { say } from '../render/say.ts';
import { whenText } from '../render/time.ts';
import { untilReady } from '../until-ready.ts';
import type { Call } from '../shell.ts';

const ASK_MS = 2_000;
const READY_MS = 300_000;
const LAUNCHER = fileURLToPath(new URL('../../../bin/realm', import.meta.url));

interface UpFlags {
  readonly restart?: boolean;
  readonly untilReady?: boolean;
  readonly timeout?: string;
}

export async function run(call: Call<UpFlags>): Promise<number> {
  const { flags, globals, shell, out } = call;
  const timeoutMs = flags.timeout === undefined ? READY_MS : durationFlag('--timeout', flags.timeout);
  const { clock, signal } = shell;
  const { file, root, stateDir } = await placeOf(call.cwd, globals);
  const before = await read(stateDir, clock);
  if (before === undefined) await askAtFirstStart(call, await call.door('look'));
  let { profile } = globals;
  let { env } = shell;
  if (flags.restart === true) {
    const inForce = await sourceInForce(stateDir, call);
    profile ??= inForce?.profile ?? undefined;
    if (!env['REALM_HOST'] && inForce?.host) env = { ...env, REALM_HOST: inForce.host };
    await stopHolder({ stateDir, clock, reason: 'realm up --restart', signal });
  }
  const command = [
    process.execPath,
    ...DAEMON_NODE_FLAGS,
    LAUNCHER,
    ...globalWords(profile, file, stateDir),
    'watch',
    '--daemon',
  ] as const;
  const { holder, isNew } = await startDetached({ stateDir, command: [...command], cwd: root, env, clock, signal });
  if (globals.json) writeJson(out, { pid: holder.pid, isNew });
  else if (isNew)
    say(out, `Process ${holder.pid} keeps the realm true. \`realm status\` shows it, \`realm down\` ends it.`);
  else {
    const other = holder.version === VERSION ? '' : ` It runs Realm ${holder.version}, and this is ${VERSION}.`;
    const already = `Process ${holder.pid} keeps it true already, started ${whenText(holder.since, clock.now())}.${other}`;
    say(out, `${already} \`realm up --restart\` replaces it.`);
  }
  if (flags.untilReady === true) {
    await stayUntilReady(stateDir, timeoutMs, call);
    if (!globals.json) say(out, 'Everything is ready.');
  }
  return EXIT.done;
}

async function stayUntilReady(stateDir: string, timeoutMs: number, { shell }: Call): Promise<void> {
  const door = await connectDoor(stateDir, shell);
  if (door === undefined)
    throw new RealmError('DAEMON_ABSENT', 'The daemon has ended already.', { hint: 'realm logs --realm' });
  try {
    await untilReady(door, timeoutMs, shell);
  } finally {
    await door.close();
  }
}

/** A restart that names no profile and no host must not quietly drop those in force, and with them what they declare. */
async function sourceInForce(stateDir: string, { shell: { clock, signal } }: Call): Promise<SourceView | undefined> {
  try {
    const door = await connectDoor(stateDir, { clock, signal, patienceMs: ASK_MS });
    const source = await door?.source();
    await door?.close();
    return source;
  } catch (error) {
    if (error instanceof RealmError) return undefined; // it hangs, or speaks other shapes: that is why it is replaced
    throw error;
  }
}

/** The daemon stands elsewhere, so everything is absolute. */
const globalWords = (profile: string | undefined, file: string, stateDir: string): string[] => [
  '--config',
  file,
  '--state',
  stateDir,
  ...(profile === undefined ? [] : ['--profile', profile]),
];
