// Reads a command line of Realm's own that is written just as declared. Knows no error: what it does not take, commander explains.
import type { GlobalFlags } from './global-flags.ts';
import { GLOBAL_FLAGS, GLOBAL_VALUE_FLAGS } from './global-flags.ts';
import type { Parsed } from './parse.ts';
import type { Flag, Verb } from './verbs.ts';
import { VERBS } from './verbs.ts';

/** As commander would understand it, or undefined: flags as `--name` and `--name VALUE`, those of the verb behind it. */
export function exactly(argv: readonly string[], verbs: readonly Verb[] = VERBS): Parsed | undefined {
  const start = argv.findIndex((arg, i) => !arg.startsWith('-') && !GLOBAL_VALUE_FLAGS.includes(argv[i - 1] ?? ''));
  if (start === -1) return undefined;
  const verb = verbs.find(({ name }) => name.split(' ').every((word, i) => argv[start + i] === word));
  if (verb === undefined) return undefined;
  const globals = new Flags(GLOBAL_FLAGS);
  const flags = new Flags(verb.flags ?? []);
  const args: string[] = [];
  const end = start + verb.name.split(' ').length;
  for (let i = 0; i < argv.length; i += 1) {
    const arg = argv[i]!;
    if (i >= start && i < end) continue;
    if (!arg.startsWith('-')) {
      args.push(arg);
      continue;
    }
    const taken = globals.take(arg, argv[i + 1]) ?? (i > start ? flags.take(arg, argv[i + 1]) : undefined);
    if (taken === undefined) return undefined;
    i += taken;
  }
  if (!isEnough(args.length, verb.args ?? [])) return undefined;
  return { verb, args, flags: flags.values, globals: globals.values as unknown as GlobalFlags };
}

function isEnough(count: number, declared: readonly string[]): boolean {
  const needed = declared.filter((name) => name.startsWith('<')).length;
  const isOpen = declared.at(-1)?.includes('...') === true;
  return count >= needed && (isOpen || count <= declared.length);
}

class Flags {
  readonly values: Record<string, unknown> = {};
  readonly #declared: readonly Flag[];

  constructor(declared: readonly Flag[]) {
    this.#declared = declared;
    for (const { flags } of declared) if (flags.startsWith('--no-')) this.values[keyOf(flags)] = true;
  }

  /** How many words behind the flag belong to it; undefined when it is not one of these, or lacks its value. */
  take(typed: string, next: string | undefined): number | undefined {
    const flag = this.#declared.find(({ flags }) => flags.split(/,? /).includes(typed));
    if (flag === undefined) return undefined;
    const key = keyOf(flag.flags);
    if (!flag.flags.includes('<')) {
      this.values[key] = !flag.flags.startsWith('--no-');
      return 0;
    }
    if (next === undefined || next.startsWith('-')) return undefined;
    this.values[key] = flag.isList === true ? [...((this.values[key] as string[] | undefined) ?? []), next] : next;
    return 1;
  }
}

/** `-n, --dry-run` is `dryRun`, `--no-wait` is `wait`. */
const keyOf = (flags: string): string =>
  (/--(?:no-)?([\w-]+)/.exec(flags)?.[1] ?? flags.slice(1, 2)).replace(/-(.)/g, (_, letter: string) =>
    letter.toUpperCase(),
  );
