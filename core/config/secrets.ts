// Where secrets come from, and how their text is kept out of everything that is shown.
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errnoOf, messageOf, RealmError } from '../errors.ts';
import { parsePath } from '../model/path.ts';
import { NAME_PATTERN, secretsSection } from '../schema/reserved.ts';
import type { Infer } from '../schema/schema.ts';
import { INLINE, shape } from './shape.ts';
import type { Source } from './source.ts';
import { entryOf, isNull, nodeAt } from './tree.ts';

const COMMAND_TIMEOUT_MS = 10_000;
const LARGEST_BYTES = 2 ** 20;

export interface Secrets {
  /** The text, without a final line break. Throws SECRET_MISSING, SECRET_UNSAFE or SECRET_FAILED. Read once, then remembered. */
  reveal(name: string): string;
  /** Names that have an entry under `secrets:`. */
  known(): readonly string[];
  /** The same text with every secret that was revealed replaced by `(secret NAME)`. */
  mask(text: string): string;
}

type Place = Infer<typeof secretsSection>[string];

export interface SecretsOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Its folder `secrets/` holds those without an entry. */
  readonly stateDir: string;
}

export function createSecrets(source: Source, { env, stateDir }: SecretsOptions): Secrets {
  const places = readPlaces(source);
  const revealed = new Map<string, string>();
  let masks: readonly (readonly [text: string, name: string])[] = [];

  const read = (name: string): string => {
    if (name.startsWith(INLINE)) return inlineText(source, name);
    if (!new RegExp(NAME_PATTERN).test(name)) throw missing(name, 'this is no name for a secret');
    const place = places.get(name);
    if (place === undefined) return fromFile(name, join(stateDir, 'secrets', name));
    if ('file' in place) return fromFile(name, place.file);
    if ('command' in place) return fromCommand(name, place.command, source.root, env);
    const value = Object.hasOwn(env, place.env) ? env[place.env] : undefined;
    if (value === undefined)
      throw missing(name, `the environment variable ${place.env} is not set`, `set ${place.env}`);
    return value;
  };

  return {
    reveal(name) {
      const before = revealed.get(name);
      if (before !== undefined) return before;
      const text = read(name).replace(/\r?\n$/, '');
      if (text === '') throw missing(name, 'it is empty');
      revealed.set(name, text);
      masks = masksOf(revealed);
      return text;
    },
    known: () => [...places.keys()],
    mask: (text) => masks.reduce((masked, [secret, name]) => masked.replaceAll(secret, `(secret ${name})`), text),
  };
}

function readPlaces(source: Source): Map<string, Place> {
  const entry = entryOf(source.tree, 'secrets');
  if (entry === undefined || isNull(entry.value)) return new Map();
  const { value } = shape(secretsSection, entry.value, { root: source.root, path: ['secrets'], owner: entry });
  return new Map(Object.entries(value ?? {}));
}

/** A secret that is written out in the config. */
function inlineText(source: Source, name: string): string {
  const keys = parsePath(name.slice(INLINE.length));
  const node = keys === undefined ? undefined : nodeAt(source.tree, keys)?.node;
  if (node?.type !== 'scalar') throw missing(name, 'the config no longer holds it');
  return node.text ?? String(node.value);
}

function fromFile(name: string, path: string): string {
  try {
    const { mode, size } = statSync(path);
    if ((mode & 0o077) !== 0) {
      const bits = (mode & 0o777).toString(8).padStart(4, '0');
      const message = `the secret ${name} is in ${path}, which others may read (mode ${bits})`;
      throw new RealmError('SECRET_UNSAFE', message, { hint: `chmod 600 ${path}` });
    }
    if (size > LARGEST_BYTES) throw missing(name, `${path} is larger than 1 MiB`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof RealmError) throw error;
    const why = errnoOf(error) === 'ENOENT' ? `${path} does not exist` : messageOf(error);
    throw missing(name, why, `write it to ${path}, readable by its owner alone (0600)`, error);
  }
}

function fromCommand(name: string, command: readonly string[], cwd: string, env: SecretsOptions['env']): string {
  const [program, ...args] = command;
  try {
    return execFileSync(resolveProgram(program!, cwd), args, {
      cwd,
      env,
      encoding: 'utf8',
      timeout: COMMAND_TIMEOUT_MS,
      maxBuffer: LARGEST_BYTES,
      stdio: ['ignore', 'pipe', 'ignore'], // what it prints on stderr could hold the secret
    });
  } catch (error) {
    const { status, signal } = error as { status?: number | null; signal?: string | null };
    const why = signal
      ? `was ended by ${signal}`
      : typeof status === 'number'
        ? `ended with ${status}`
        : 'could not be started';
    const hint = `run it yourself: ${command.join(' ')}`;
    throw new RealmError('SECRET_FAILED', `the command of the secret ${name} ${why}`, { hint });
  }
}

const resolveProgram = (program: string, cwd: string): string =>
  program.startsWith('.') ? resolve(cwd, program) : program;

/** As written, and as it looks inside JSON and URLs; a secret of several lines also line by line. Longest first. */
function masksOf(revealed: ReadonlyMap<string, string>): [string, string][] {
  const masks: [string, string][] = [];
  for (const [name, text] of revealed) {
    const lines = text.split(/\r?\n/).filter((line) => line.length >= 8);
    const forms = [text, JSON.stringify(text).slice(1, -1), urlForm(text), ...(lines.length > 1 ? lines : [])];
    for (const form of new Set(forms)) masks.push([form, name]);
  }
  return masks.sort(([a], [b]) => b.length - a.length);
}

function missing(name: string, why: string, hint?: string, cause?: unknown): RealmError {
  return new RealmError('SECRET_MISSING', `the secret ${name} has no value: ${why}`, { hint, cause });
}

/** Half a surrogate pair has no form in a URL. */
const urlForm = (text: string): string => (text.isWellFormed() ? encodeURIComponent(text) : text);
