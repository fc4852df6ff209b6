// The commands before and after a backup, such as a dump of a database: awaited, with a time limit, in the environment of Realm.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Context, RealmError } from 'realm-runner/plugin';
import type { Policy } from './policy.ts';
import type { Step } from './spec.ts';

export interface Dumps {
  /** Saved as `data/@dumps/`; undefined: there are no commands. */
  readonly folder: string | undefined;
  clear(): void;
}

const LAST_CHARACTERS = 400;

/** In order. Throws BACKUP_FAILED when an essential one fails; another one is told and passed over. */
export async function runSteps(
  steps: readonly Step[],
  when: 'before' | 'after',
  policy: Policy,
  ctx: Context,
): Promise<Dumps> {
  const folder = join(ctx.paths.data, 'dumps', policy.name);
  const clear = (): void => rmSync(folder, { recursive: true, force: true });
  if (steps.length === 0) return { folder: undefined, clear };
  if (when === 'before') clear(); // what a killed run left is of another time
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { execa } = await import('execa'); // most policies have no commands, and reading it takes long
  for (const step of steps) {
    const argv = step.command.map((word) => (typeof word === 'string' ? word : ctx.reveal(word)));
    ctx.progress({ phase: `running ${when}: ${argv[0]}` });
    const { failed, timedOut, exitCode, signal, all } = await execa(argv[0]!, argv.slice(1), {
      cwd: ctx.paths.root,
      env: { REALM_DUMPS: folder, REALM_BACKUP: policy.name },
      all: true,
      reject: false,
      stdin: 'ignore',
      timeout: step.timeout,
      cancelSignal: ctx.signal,
      maxBuffer: 1024 * 1024,
    });
    if (!failed) continue;
    ctx.signal.throwIfAborted();
    const how = timedOut
      ? `took longer than ${step.timeout / 1000} s`
      : signal
        ? `was ended by ${signal}`
        : `ended with ${exitCode ?? 'an error'}`;
    const message = `the ${when} command ${argv[0]} ${how}: ${all.trim().slice(-LAST_CHARACTERS)}`;
    if (step.essential) {
      clear(); // a dump may hold what nobody but the backup should
      throw new RealmError('BACKUP_FAILED', message, { hint: 'try it by hand, in the folder of the config' });
    }
    ctx.log.warn(message);
  }
  return { folder: when === 'before' ? folder : undefined, clear };
}
