// Runs the restic program: no shell, the password in its environment alone, and an exit that is not known is a failure.
import { writeFileSync } from 'node:fs';
import { RealmError, type ToolAnswer } from 'realm-runner/plugin';
import { passwordIn, withoutPassword } from '../repository-name.ts';
import { jsonOf } from './json.ts';

export interface CommandOptions {
  /** As restic takes it, and with a password inside for some backends. */
  readonly repository: string;
  readonly password: string;
  /** What the backend asks for. */
  readonly env: Readonly<Record<string, string>>;
  /** Restic keeps what it knows of the repository there; it may be deleted. */
  readonly cache: string;
  /** Default: `restic` on the PATH. */
  readonly program?: string | undefined;
  /** For looking: starts restic in place of this process, and brings back all that it said. */
  readonly ask?: AskRestic | undefined;
  /** Waits while another has locked the repository. Without it nothing is waited for. */
  readonly sleep?: ((ms: number) => Promise<void>) | undefined;
}

/** `env`: beside the environment of Realm; undefined takes a variable away. */
export type AskRestic = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
) => Promise<ToolAnswer>;

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Each line of its output, as it comes. */
  readonly line?: ((line: string) => void) | undefined;
  /** Its output as it is, instead of lines. */
  readonly output?: ((chunk: Buffer) => void) | undefined;
  /** Its output into this file, instead of lines. */
  readonly file?: string | undefined;
}

/** What an exit means. Before 0.17 most were 1, and only the message tells them apart. */
export type Exit = 'done' | 'partial' | 'no-repository' | 'locked' | 'password' | 'cancelled' | 'failed';

export interface Ended {
  readonly exit: Exit;
  /** What it said on its standard error, JSON told as text; at most the last 200 lines. */
  readonly errors: readonly ResticError[];
}
export interface ResticError {
  readonly message: string;
  /** The path it speaks of, as restic shows it. */
  readonly item: string | undefined;
}

export interface Restic {
  /** The repository without its password. */
  readonly name: string;
  /** Whatever way it ends but for locks, which are waited for. Throws BACKUP_RESTIC_MISSING and the signal's reason. */
  attempt(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /**
   * For looking: without a lock, which costs a fifth of a second and is not to be had where nothing may be written. When that
   * fails, as beside another's prune, again with one; its output may come twice then.
   */
  glance(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** `attempt`, and throws unless all went well. */
  run(args: readonly string[], options?: RunOptions): Promise<readonly ResticError[]>;
  /** The error for an end that is none of the expected ones. */
  failure(doing: string, ended: Ended): RealmError;
}

const KNOWN: Readonly<Record<number, Exit>> = {
  0: 'done',
  3: 'partial',
  10: 'no-repository',
  11: 'locked',
  12: 'password',
  130: 'cancelled',
};
const MESSAGES: readonly (readonly [Exit, RegExp])[] = [
  ['locked', /repository is already locked/],
  ['password', /wrong password or no key found/],
  ['no-repository', /unable to open config file[^]*(no such file|does not exist|not exist|404|NoSuchKey)/i],
];

export function exitOf(code: number | undefined, said: string): Exit {
  if (code === 1) return MESSAGES.find(([, pattern]) => pattern.test(said))?.[0] ?? 'failed';
  return code === undefined ? 'failed' : (KNOWN[code] ?? 'failed');
}

const KEPT_LINES = 200;
const KILL_AFTER_MS = 20_000;
/** How long one waits for another that has locked the repository, in growing steps. */
const WAITS_MS = [1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 60_000, 60_000];

export function resticCommand(options: CommandOptions): Restic {
  const name = withoutPassword(options.repository);
  const program = options.program ?? 'restic';
  const all = [
    options.repository,
    passwordIn(options.repository) ?? '',
    options.password,
    ...Object.values(options.env),
  ];
  const secrets = all.filter((one) => one.length > 3);
  const clean = (text: string): string =>
    secrets.reduce((masked, secret) => masked.replaceAll(secret, secret === options.repository ? name : '***'), text);
  const env = environment(options);

  async function once(args: readonly string[], run: RunOptions): Promise<Ended> {
    if (options.ask !== undefined) return asked(await options.ask([...args, '--no-cache'], added(options)), run, clean);
    const { execa } = await import('execa'); // who has no restic repository need not wait for it to be read
    const child = execa(program, args, {
      env,
      extendEnv: false,
      stdin: 'ignore',
      ...(run.file === undefined ? {} : { stdout: { file: run.file } }),
      reject: false,
      buffer: false,
      killSignal: 'SIGINT',
      forceKillAfterDelay: KILL_AFTER_MS,
      ...(run.signal === undefined ? {} : { cancelSignal: run.signal }),
    });
    const errors: ResticError[] = [];
    const [result] = await Promise.all([
      child,
      run.file === undefined ? reading(child as unknown as Outputs, run) : undefined,
      complaints(child as unknown as Outputs, errors),
    ]);
    run.signal?.throwIfAborted();
    if (result.failed && result.exitCode === undefined && result.signal === undefined) {
      throw new RealmError(
        'BACKUP_RESTIC_MISSING',
        `restic is not installed, or cannot be started: ${clean(result.shortMessage ?? '')}`,
        {
          hint: 'install it, as with `apt-get install restic`',
        },
      );
    }
    return endedAs(result.exitCode, errors, clean);
  }

  async function attempt(args: readonly string[], run: RunOptions = {}): Promise<Ended> {
    let ended = await once(args, run);
    if (options.ask !== undefined) return ended; // whoever looks takes nobody's lock away
    for (const ms of [0, ...(options.sleep === undefined ? [] : WAITS_MS)]) {
      if (ended.exit !== 'locked') break;
      if (ms > 0) await options.sleep?.(ms);
      // Removes the locks of processes that are gone, never those of living ones. Each time: one may be dying just now.
      await once(['unlock'], { signal: run.signal });
      ended = await once(args, run);
    }
    return ended;
  }

  const failure = (doing: string, ended: Ended): RealmError => failureOf(name, doing, ended);
  return {
    name,
    attempt,
    failure,
    glance: async (args, run = {}) => {
      const ended = await once([...args, '--no-lock'], run);
      return ended.exit === 'done' || options.ask !== undefined ? ended : attempt(args, run);
    },
    run: async (args, run) => {
      const ended = await attempt(args, run);
      if (ended.exit !== 'done') throw failure(`restic ${args[0] ?? ''}`, ended);
      return ended.errors;
    },
  };
}

/** Nothing of our own environment speaks to restic but what the config says. */
function environment(options: CommandOptions): Record<string, string> {
  const all = { ...process.env, ...added(options) };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function added({ repository, password, env, cache }: CommandOptions): Record<string, string | undefined> {
  const own = Object.keys(process.env).filter((key) => key.startsWith('RESTIC_'));
  return {
    ...Object.fromEntries(own.map((key) => [key, undefined])),
    RESTIC_PROGRESS_FPS: '1',
    RESTIC_CACHE_DIR: cache,
    ...env,
    RESTIC_REPOSITORY: repository,
    RESTIC_PASSWORD: password,
    // `--time` is read in the local zone
    TZ: 'UTC',
  };
}

/** What is read of a child; execa's own type depends on each option. */
interface Outputs {
  readonly stdout: AsyncIterable<Buffer>;
  iterable(options: { readonly from: 'stdout' | 'stderr' }): AsyncIterable<string>;
}

async function reading(child: Outputs, { line, output }: RunOptions): Promise<void> {
  if (output !== undefined) for await (const chunk of child.stdout) output(chunk);
  else for await (const text of child.iterable({ from: 'stdout' })) line?.(text);
}

async function complaints(child: Outputs, errors: ResticError[]): Promise<void> {
  for await (const text of child.iterable({ from: 'stderr' })) {
    errors.push(complaintOf(text));
    if (errors.length > KEPT_LINES) errors.shift();
  }
}

function complaintOf(text: string): ResticError {
  const json = jsonOf(text);
  const cause = json?.['error'] as { message?: unknown } | undefined;
  const message = json?.['message'] ?? cause?.message ?? text;
  const item = json?.['item'];
  return {
    message: typeof message === 'string' ? message : JSON.stringify(message),
    item: typeof item === 'string' ? item : undefined,
  };
}

/** What it means is read before secrets are taken out: a password may be a word of the message. */
const endedAs = (
  status: number | undefined,
  errors: readonly ResticError[],
  clean: (text: string) => string,
): Ended => ({
  exit: exitOf(status, errors.map(({ message }) => message).join('\n')),
  errors: errors.map(({ message, item }) => ({ message: clean(message), item })),
});

const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

function asked({ status, text, errors }: ToolAnswer, run: RunOptions, clean: (text: string) => string): Ended {
  const said = linesOf(errors).map(complaintOf);
  if (run.file !== undefined) writeFileSync(run.file, text);
  else if (run.output !== undefined) run.output(Buffer.from(text));
  else for (const line of linesOf(text)) run.line?.(line);
  return endedAs(status, said.slice(-KEPT_LINES), clean);
}

function failureOf(name: string, doing: string, { exit, errors }: Ended): RealmError {
  const said = errors.map(({ message }) => message.trim()).filter((text) => text !== '');
  const why = said.slice(-4).join('; ').slice(0, 600) || 'it gave no reason';
  if (exit === 'locked') {
    return new RealmError('BACKUP_TARGET_BUSY', `${name} is locked by another: ${why}`, {
      hint: 'it is tried again; `restic unlock` when that process is gone for certain',
    });
  }
  if (exit === 'password') {
    return new RealmError('BACKUP_TARGET_UNREADABLE', `the password does not open ${name}`, {
      hint: 'see `password` of this target',
    });
  }
  if (exit === 'no-repository') {
    return new RealmError('BACKUP_TARGET_UNREADABLE', `there is no restic repository at ${name}: ${why}`);
  }
  return new RealmError('BACKUP_RESTIC_FAILED', `${doing} failed on ${name}: ${why}`);
}
