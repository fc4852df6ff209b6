// The environment of a service: little of Realm's own, then what the declaration says; secrets are revealed here alone.
import { readFileSync, statSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { type Context, RealmError } from 'realm-runner/plugin';
import { accountOf } from './account.ts';
import type { ServiceSpec } from './spec.ts';

/** Of whoever holds the lease; everything else is left behind, unless it is named in `inherit`. */
const INHERITED = /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_[A-Z]+|TZ|TMPDIR)$/;
const LINE = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$/;

export type Variables = Readonly<Record<string, string | undefined>>;

/** Realm's own Node comes first, so that `node` means the same everywhere. */
export const programPath = (own: Variables = process.env): string =>
  [dirname(process.execPath), own['PATH']].filter(Boolean).join(delimiter);

/**
 * From weak to strong: Realm's own few (PATH begins with the folder of Realm's Node), the home of its `user`, `inherit`,
 * `PORT`, `envFile`s in their order, `env`. Python gets PYTHONUNBUFFERED, or its log would stay empty for minutes.
 */
export function environmentOf(
  name: string,
  spec: ServiceSpec,
  ctx: Pick<Context, 'reveal' | 'paths'>,
  own: Variables = process.env,
): Record<string, string> {
  const kept = Object.entries(own).filter(([key]) => INHERITED.test(key) || spec.inherit.includes(key));
  const variables: Record<string, string> = { PYTHONUNBUFFERED: '1' };
  for (const [key, value] of kept) if (value !== undefined) variables[key] = value;
  variables['PATH'] = programPath(own);
  if (spec.user !== undefined) Object.assign(variables, atHome(spec.user));
  variables['REALM_SERVICE'] = name;
  variables['REALM_ROOT'] = ctx.paths.root;
  variables['REALM_STATE'] = dirname(dirname(ctx.paths.data)); // its socket lies there, and the token of an agent
  if (spec.replicas > 1) variables['REPLICA'] = '1'; // the others say so themselves
  if (spec.port !== undefined) variables['PORT'] = String(spec.port);
  for (const path of spec.envFile) Object.assign(variables, readEnvFile(path));
  for (const [key, value] of Object.entries(spec.env)) variables[key] = ctx.reveal(value);
  return variables;
}

/** Another user's home is not to be written to, and often cannot be. */
function atHome(user: string): Readonly<Record<string, string>> {
  const account = accountOf(user);
  if (account === undefined) return {};
  const { name, home, shell } = account;
  return { USER: name, LOGNAME: name, HOME: home, ...(shell === '' ? {} : { SHELL: shell }) };
}

/** NAME=value lines; `#` begins a comment line, quotes around a value are taken off, nothing is expanded. */
function readEnvFile(path: string): Record<string, string> {
  let text: string;
  try {
    if (!statSync(path).isFile()) throw Object.assign(new Error('no file'), { code: 'no file' }); // a pipe waits for ever
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const fault = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw new RealmError('APPLY_FAILED', `the envFile ${path} ${fault}`, { cause });
  }
  const variables: Record<string, string> = {};
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    const [, name, value = ''] = LINE.exec(line) ?? [];
    if (name === undefined)
      throw new RealmError('APPLY_FAILED', `line ${at + 1} of ${path} is not NAME=value`, {
        hint: 'write NAME=value, or begin it with # to leave it out',
      });
    variables[name] = /^(["']).*\1$/.test(value) && value.length > 1 ? value.slice(1, -1) : value;
  }
  return variables;
}
