// The folder for the person who is asked: what the agent was, what was tried and when, its last words, and what to do next.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type Context, writeAtomic } from 'realm-runner/plugin';
import { beatFile } from '../beat.ts';
import { serviceOf } from '../derive.ts';
import type { Agent } from '../pulse.ts';
import { ago, instant, messageOf } from '../words.ts';
import { failuresOf, type Recovery, type Try } from './row.ts';

const TAIL_BYTES = 64 * 1024;
const LINES = 200;

/** `.realm/data/agents/<id>/<recovery>/`. Never throws: what cannot be had is said in it. */
export function writeBundle(want: Agent, recovery: Recovery, why: string, ctx: Context): string {
  const folder = join(ctx.paths.data, want.name, `${recovery.id}-${stamp(recovery.beganAt)}`);
  try {
    const report = reportOf(want, recovery, why, ctx);
    writeAtomic(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
    writeAtomic(join(folder, 'README.txt'), told(report));
    writeAtomic(join(folder, 'service.log'), `${report.lastLines.join('\n')}\n`);
    const file = beatFile(want.spec, ctx.paths.root);
    if (file !== undefined) writeAtomic(join(folder, 'heartbeat'), tail(file) ?? '');
  } catch (error) {
    ctx.log.error(`the bundle ${folder} is not whole: ${messageOf(error)}`, { error });
  }
  return folder;
}

const stamp = (ms: number): string => instant(ms).replaceAll(/[:.]/g, '-');

type Report = ReturnType<typeof reportOf>;

function reportOf({ name, ref, spec }: Agent, recovery: Recovery, why: string, ctx: Context) {
  const service = ctx.conditions(serviceOf(name));
  const log = join(ctx.paths.data, '..', '..', 'logs', 'services', `agent-${name}.log`);
  const lastLines = (tail(log) ?? '').split('\n').filter(Boolean).slice(-LINES);
  const words = service.filter(({ type }) => type === 'Ready' || type === 'Degraded' || type === 'CrashLoop');
  return {
    version: 1,
    agent: ref,
    home: spec.home,
    command: spec.command,
    why,
    diedOf: recovery.why,
    lastHeartbeat: recovery.lastBeat === null ? null : instant(recovery.lastBeat),
    exit: exitIn([
      ...recovery.tries.map(({ why }) => why ?? '').toReversed(),
      recovery.why,
      ...words.map(({ message }) => message),
    ]),
    service: words.map(({ type, status, reason, message }) => ({ type, status, reason, message })),
    began: instant(recovery.beganAt),
    ended: instant(recovery.endedAt ?? ctx.now()),
    attempts: recovery.tries.map(tryOf),
    failuresOfSnapshots: failuresOf(name, ctx),
    nextStep: nextStep(name, recovery),
    lastLines,
  };
}

/** `exit 3`, `killed by SIGKILL`: what was said of its last end. */
const exitIn = (messages: readonly string[]): string | null =>
  messages.map((one) => /\b(exit \d+|killed by SIG[A-Z0-9]+|SIG[A-Z0-9]+)\b/.exec(one)?.[0]).find(Boolean) ?? null;

const tryOf = (one: Try) => ({
  at: instant(one.at),
  restoredAt: one.restoredAt === null ? null : instant(one.restoredAt),
  snapshots: one.snapshots,
  verification: one.remarks.length === 0 ? 'each file was read back as it was saved' : one.remarks,
  outcome: one.outcome,
  why: one.why,
  stillInPlace: one.stays,
  undo: one.uid === null ? null : `realm backup undo ${one.uid}`,
});

function nextStep(name: string, { tries }: Recovery): string {
  if (tries.every(({ top }) => top === null))
    return `no backup has its home: put it right by hand, then \`realm recover ${name}\`; and declare a backup with its home in \`sources:\``;
  const policies = [...new Set(tries.flatMap(({ snapshots }) => snapshots.map((id) => id.split('/')[0]!)))];
  return `look at service.log for why it does not come up; \`realm backup verify ${policies[0]}\`; then \`realm recover ${name} --from ${policies[0]} --why TEXT\``;
}

function told(report: Report): string {
  const tries = report.attempts.map(
    ({ at, snapshots, outcome, why }, index) =>
      `  ${index + 1}. ${at}  ${snapshots.join(' + ') || 'nothing was restored'}: ${outcome}${why === null ? '' : `, ${why}`}\n`,
  );
  return [
    `${report.agent} was not brought back: ${report.why}\n\n`,
    `died of         ${report.diedOf}\n`,
    `last heartbeat  ${report.lastHeartbeat ?? 'none'}\n`,
    `last exit       ${report.exit ?? 'not known'}\n`,
    `recovery        ${report.began} to ${report.ended} (${ago(Date.parse(report.ended) - Date.parse(report.began))})\n\n`,
    `Tried:\n${tries.join('') || '  nothing\n'}\n`,
    ...homeNow(report),
    `Next: ${report.nextStep}\n\nLast lines of its log:\n${report.lastLines
      .slice(-20)
      .map((line) => `  ${line}\n`)
      .join('')}`,
  ].join('');
}

/** What it restored and could not take back is another's work to undo, and no secret. */
function homeNow({ attempts }: Report): readonly string[] {
  const left = attempts.filter(({ stillInPlace }) => stillInPlace !== null);
  if (left.length === 0) return ['Its home is as it was before the recovery.\n'];
  return [
    'Its home is NOT as it was before the recovery.\n',
    ...left
      .toReversed()
      .map(
        ({ snapshots, stillInPlace, undo }) =>
          `  ${snapshots.join(' + ')} was not taken back (${stillInPlace}): ${undo}\n`,
      ),
  ];
}

/** The end of a file, whatever it is; undefined: it cannot be had. */
function tail(path: string): string | undefined {
  let handle: number | undefined;
  try {
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = fstatSync(handle);
    if (!found.isFile()) return undefined;
    const length = Math.min(TAIL_BYTES, found.size);
    const bytes = Buffer.alloc(length);
    const read = readSync(handle, bytes, 0, length, found.size - length);
    return bytes.toString('utf8', 0, read);
  } catch {
    return undefined; // the report says so by being empty
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}
