// What is known of targets on this side: which one lies where, so that an unmounted disk is noticed, and how its last run ended.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomic } from 'realm-runner/plugin';
import { messageOf } from './words.ts';

/** A file for each, because runs of two policies end at the same time. */
const fileOf = (data: string, folder: string, name: string): string =>
  join(data, folder, `${createHash('sha256').update(name).digest('hex').slice(0, 16)}.json`);

export interface KnownTarget {
  /** The id that the target of this name had when it was last written to. Undefined: it never was. */
  readonly id?: string | undefined;
  /** Why nobody can say which one it was. */
  readonly doubt?: string | undefined;
}

export function knownTarget(name: string, data: string): KnownTarget {
  const file = fileOf(data, 'targets', name);
  const { fields, why } = read(file);
  if (why !== undefined)
    return { doubt: `which target was used before cannot be read: ${why}; when it is the right one, delete ${file}` };
  if (fields === undefined) return {};
  const { id } = fields;
  return typeof id === 'string' ? { id } : { doubt: `${file} has no id; when the target is the right one, delete it` };
}

/** Of all targets that were ever written to. */
export function knownNames(data: string): readonly string[] {
  const folder = join(data, 'targets');
  try {
    return readdirSync(folder).map((file) => {
      const { name } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { readonly name: string };
      return name;
    });
  } catch {
    return []; // none yet; what cannot be read is told where the id matters
  }
}

export function rememberId(name: string, id: string, data: string): void {
  const file = fileOf(data, 'targets', name);
  if (knownTarget(name, data).id !== id) writeAtomic(file, `${JSON.stringify({ name, id })}\n`);
}

/** How the last run of a policy left a target. */
export interface LastRun {
  /** So many snapshots of the policy were there. */
  readonly snapshots: number;
  /** Why there is no new one; null: there is. */
  readonly failed: string | null;
}

/** Undefined: there was none. What cannot be read counts as a failure, until a run has succeeded. */
export function lastRun(policy: string, target: string, data: string): LastRun | undefined {
  const file = fileOf(data, 'last-runs', `${policy}\n${target}`);
  const { fields, why } = read(file);
  if (why === undefined && fields === undefined) return undefined;
  const { snapshots, failed } = fields ?? {};
  if (typeof snapshots === 'number' && (failed === null || typeof failed === 'string')) return { snapshots, failed };
  return { snapshots: 0, failed: `how it ended cannot be read in ${file}${why === undefined ? '' : `: ${why}`}` };
}

export const rememberRun = (policy: string, target: string, last: LastRun, data: string): void =>
  writeAtomic(fileOf(data, 'last-runs', `${policy}\n${target}`), `${JSON.stringify({ policy, target, ...last })}\n`);

/** Neither of them: there is no such file. */
function read(file: string): { readonly fields?: Readonly<Record<string, unknown>>; readonly why?: string } {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as unknown;
    return typeof value === 'object' && value !== null ? { fields: { ...value } } : { why: 'it is no object' };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? {} : { why: messageOf(error) };
  }
}
