// Time, chance, output and a few libraries each have one owner; everybody else is handed them.
import { dotted, walk } from '../tree.ts';
import type { Rule, SourceFile } from '../tree.ts';

interface Effect {
  readonly what: string;
  /** Matches a dotted name that is used, or a module that is imported. */
  readonly names?: RegExp;
  readonly modules?: RegExp;
  readonly owners: RegExp;
  readonly instead: string;
}

const effects: readonly Effect[] = [
  {
    what: 'tells or waits for time',
    names:
      /^(globalThis\.)?(Date\.now|performance\.now|process\.(hrtime|uptime)(\.bigint)?|set(Timeout|Interval|Immediate)|clear(Timeout|Interval)|AbortSignal\.timeout)$/,
    modules: /^(node:)?timers(\/promises)?$/,
    owners: /^core\/(clock|simulate\/clock)\.ts$/,
    instead: 'take a Clock',
  },
  {
    what: 'draws by chance',
    names: /^(globalThis\.)?(Math\.random|crypto\.(randomUUID|getRandomValues)|random(Bytes|UUID|Int|FillSync))$/,
    owners: /^core\/random\.ts$/,
    instead: 'take a Random',
  },
  {
    what: 'writes to the terminal',
    names: /^(console\.\w+|process\.(stdout|stderr)(\.\w+)?)$/,
    owners: /^(core\/cli\/|bin\/)/,
    instead: 'return it, or log it through a Log',
  },
  {
    what: 'ends the process',
    names: /^process\.(exit|abort|reallyExit)$/,
    owners: /^(core\/cli\/main\.ts|bin\/realm)$/,
    instead: 'throw, and let core/cli/main.ts decide',
  },
  { what: 'imports tapable', modules: /^tapable$/, owners: /^core\/hooks\.ts$/, instead: 'use core/hooks.ts' },
  {
    what: 'imports execa',
    modules: /^execa$/,
    owners: /^(core\/(runs|cli|scaffold|testing)\/|plugins\/)/,
    instead: 'use node:child_process: the daemon pays for each library in memory',
  },
];

/** Names as they are used, `new Date()` without arguments included; a property of the same name is not a use. */
function* used(file: SourceFile): Generator<{ name: string; line: number }> {
  const found: { name: string; line: number }[] = [];
  walk(file.program, (node, parents) => {
    const owner = parents.at(-1);
    const line = (): number => file.lineAt(node.start);
    if (node.type === 'NewExpression' && dotted(node.callee) === 'Date' && node.arguments.length === 0) {
      found.push({ name: 'Date.now', line: line() });
    }
    if (node.type === 'CallExpression' && dotted(node.callee) === 'Date')
      found.push({ name: 'Date.now', line: line() });
    if (node.type !== 'MemberExpression' && node.type !== 'Identifier') return;
    if (owner?.type === 'MemberExpression' && owner.property === node && !owner.computed) return;
    if (owner?.type === 'Property' && owner.key === node && !owner.shorthand && !owner.computed) return;
    if (owner !== undefined && owner.type.startsWith('TS')) return; // a type names, it does not do
    if (owner?.type === 'MethodDefinition' || owner?.type === 'PropertyDefinition') return;
    const name = dotted(node);
    if (name !== undefined) found.push({ name, line: line() });
  });
  yield* found;
}

export const rule: Rule = {
  name: 'effects',
  why: 'what is handed over can be replaced: by a virtual clock, a seed, a test that reads the output',
  *check(files) {
    for (const file of files.filter(({ path }) => /^(core|plugins|bin)\//.test(path))) {
      const foreign = effects.filter(({ owners }) => !owners.test(file.path));
      const told = new Set<string>();
      for (const { name, line } of used(file)) {
        const effect = foreign.find(({ names }) => names?.test(name) === true);
        const text = `${file.path}:${line} ${effect?.what} by ${name}: ${effect?.instead}`;
        if (effect === undefined || told.has(text)) continue;
        told.add(text);
        yield text;
      }
      for (const { from, line } of file.imports) {
        const effect = foreign.find(({ modules }) => modules?.test(from) === true);
        if (effect !== undefined) yield `${file.path}:${line} ${effect.what} ('${from}'): ${effect.instead}`;
      }
    }
  },
  bad: [
    ['core/model/x.ts', 'const a = Date.now();'],
    ['core/model/x.ts', 'const a = new Date();'],
    ['core/model/x.ts', 'setTimeout(() => {}, 1);'],
    ['core/model/x.ts', 'const later = setTimeout; void later;'],
    ['core/model/x.ts', "import { setTimeout as pause } from 'node:timers/promises';"],
    ['core/model/x.ts', 'const a = AbortSignal.timeout(5);'],
    ['core/model/x.ts', 'const a = Math.random();'],
    ['core/model/x.ts', "import { randomBytes } from 'node:crypto'; randomBytes(3);"],
    ['core/daemon/x.ts', "process.stderr.write('x');"],
    ['plugins/x/index.ts', "console.log('x');"],
    ['core/daemon/x.ts', 'process.exit(1);'],
    ['core/registry/x.ts', "import { SyncHook } from 'tapable';"],
    ['core/daemon/x.ts', "const { execa } = await import('execa');"],
  ],
  good: [
    ['core/clock.ts', 'const a = Date.now(); setTimeout(() => {}, 1);'],
    ['core/model/x.ts', 'const a = new Date(0); clock.now(); ctx.random(); const b = { setTimeout: 1 }; void b;'],
    ['core/cli/render/x.ts', "process.stdout.write('x');"],
    ['core/hooks.ts', "import { SyncHook } from 'tapable';"],
    ['tools/x.ts', "console.log('x');"],
  ],
};
