// Where the text of secrets comes from; whatever is revealed is masked from then on.
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errnoOf, messageOf, RealmError } from '../errors.ts';
import { Mask, SHORTEST_SECRET } from '../mask.ts';
import { parsePath } from '../model/path.ts';
import { NAME_PATTERN, secretsSection } from '../schema/reserved.ts';
import type { Infer } from '../schema/schema.ts';
import { INLINE, shape } from './shape.ts';
import type { Source } from './source.ts';
import { entryOf, isNull, nodeAt } from './tree.ts';

const COMMAND_TIMEOUT_MS = 10_000;
const LARGEST_BYTES = 2 ** 20;

export interface Secrets {
  /**
   * The text, without a final line break; masked from then on. Files are read each time, a command is run once.
   * Throws SECRET_MISSING, SECRET_UNSAFE, SECRET_FAILED or SECRET_SHORT.
   */
  reveal(name: string): string;
  /** The same for whoever only looks: undefined when there is no text, or when a command would have to be run for it. */
  peek(name: string): string | undefined;
  /** Names that have an entry under `secrets:`. */
  known(): readonly string[];
  readonly mask: Mask;
}

type Place = Infer<typeof secretsSection>[string];

export interface SecretsOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Its folder `secrets/` holds those without an entry. */
  readonly stateDir: string;
  /** Of the whole process. Default: one of its own. */
  readonly mask?: Mask;
}

export function createSecrets(source: Source, { env, stateDir, mask = new Mask() }: SecretsOptions): Secrets {
  const places = readPlaces(source);
  const printed = new Map<string, string>(); // by commands

  const read = (name: string): string => {
    if (name.startsWith(INLINE)) return inlineText(source, name);
    if (!new RegExp(NAME_PATTERN).test(name)) throw missing(name, 'this is no name for a secret');
    const place = places.get(name);
    if (place === undefined) return fromFile(name, join(stateDir, 'secrets', name));
    if ('file' in place) return fromFile(name, place.file);
    if ('command' in place) {
      const text = printed.get(name) ?? fromCommand(name, place.command, source.root, env);
      printed.set(name, text);
      return text;
    }
    const value = Object.hasOwn(env, place.env) ? env[place.env] : undefined;
    if (value === undefined)
      throw missing(name, `the environment variable ${place.env} is not set`, `set ${place.env}`);
    return value;
  };

  const reveal = (name: string): string => {
    const text = read(name).replace(/\r?\n$/, '');
    if (text === '') throw missing(name, 'it is empty');
    if (text.length < SHORTEST_SECRET) throw tooShort(name);
    mask.hide(name, text);
    return text;
  };

  return {
    reveal,
    peek(name) {
      const place = places.get(name);
      if (place !== undefined && 'command' in place && !printed.has(name)) return undefined;
      try {
        return reveal(name);
      } catch {
        return undefined; // whoever needs the text reveals it, and is told what is wrong
      }
    },
    known: () => [...places.keys()],
    mask,
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
    const there = statSync(path);
    if (!there.isFile()) throw missing(name, `${path} is no file`);
    const { mode, size } = there;
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

function missing(name: string, why: string, hint?: string, cause?: unknown): RealmError {
  return new RealmError('SECRET_MISSING', `the secret ${name} has no value: ${why}`, { hint, cause });
}

function tooShort(name: string): RealmError {
  const message = `the secret ${name} has fewer than ${SHORTEST_SECRET} characters, and could not be kept out of what is shown`;
  return new RealmError('SECRET_SHORT', message, {
    hint: 'give it a longer text, or write it plainly if it is no secret',
  });
}
