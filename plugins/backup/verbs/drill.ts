// `realm backup drill`: the proof that a backup is one. A real restore into a scratch folder, assertions, and how long it took.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Action, type Context, RealmError, s } from 'realm-runner/plugin';
import { factsOfThose } from '../each-target.ts';
import { newestGood } from '../facts.ts';
import { backupNamed, policyOf } from '../policies.ts';
import { drill, type Drilled } from '../restore/drill.ts';
import { enginesOf } from '../targets.ts';
import { toolsOf } from '../tools.ts';
import { bytesText } from '../words.ts';

interface DrillInput {
  readonly name: string;
  readonly pick?: 'latest' | 'random' | 'oldest' | undefined;
  readonly slot?: string | undefined;
}

export const drillVerb: Action<DrillInput> = {
  name: 'backup.drill',
  summary: 'Prove a backup: restore it into a scratch folder, and check what came back.',
  input: s.object({
    name: s.string(),
    pick: s.oneOf('latest', 'random', 'oldest').optional().about('Default: as the YAML says, else the latest.'),
    slot: s.string().optional().about('The instant it is due for, UTC.'),
  }),
  effect: 'write',
  long: true,
  cli: { verb: 'backup drill', positionals: ['name'] },
  run,
};

async function run({ name, pick }: DrillInput, ctx: Context): Promise<object> {
  const want = backupNamed(name, ctx);
  const policy = await policyOf(want, ctx);
  const engines = await enginesOf(want, ctx);
  const known = await factsOfThose(engines, want.name, ctx.signal);
  const proven = known.find((target) => newestGood(target) !== undefined);
  const { drill: spec } = want.spec;
  const scratchIn = join(ctx.paths.data, 'scratch');
  mkdirSync(scratchIn, { recursive: true, mode: 0o700 });
  const wish = {
    engine: engines.find((engine) => engine.name === proven?.name) ?? engines[0]!,
    policy: want.name,
    pick: pick ?? spec?.pick ?? ('latest' as const),
    assert: spec?.assert ?? [],
    within: spec?.within,
    scratchIn,
    never: policy.never.filter((one) => !ctx.paths.data.startsWith(one)),
  };
  const done = await drill(wish, toolsOf(ctx));
  if (!done.isGood)
    throw new RealmError(
      'BACKUP_UNPROVEN',
      `the restore of ${done.snapshot.id} failed: ${done.why ?? 'nobody says why'}`,
      {
        hint: `realm backup verify ${name} --deep`,
      },
    );
  const { snapshot, files, bytes, tookMs, bytesPerSecond, assertions } = done;
  const targets = await factsOfThose(engines, want.name, ctx.signal);
  const seconds = tookMs / 1000;
  return {
    version: 1,
    policy: name,
    text: told(done),
    id: snapshot.id,
    files,
    bytes,
    seconds,
    bytesPerSecond,
    assertions,
    targets,
  };
}

function told({ snapshot, files, bytes, tookMs, bytesPerSecond, assertions }: Drilled): string {
  const speed = `${bytesText(Math.round(bytesPerSecond))}/s`;
  const held = assertions.map(({ command }) => `  holds: ${command}\n`).join('');
  return `${snapshot.id} restores: ${files} files, ${bytesText(bytes)} in ${tookMs} ms (${speed})\n${held}`;
}
