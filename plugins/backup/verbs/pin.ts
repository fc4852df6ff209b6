// `realm backup pin`, `unpin` and `undelete`: words of a person about single snapshots.
import { type Action, RealmError, s } from 'realm-runner/plugin';
import { answerOf, inEach } from '../each-target.ts';
import { find } from '../find.ts';
import { enginesOf } from '../targets.ts';
import { toolsOf } from '../tools.ts';
import { meant } from '../undeclared.ts';

interface PinInput {
  readonly name: string;
  readonly id: string;
  readonly why?: string | undefined;
  readonly for?: number | undefined;
}

export const pinVerb: Action<PinInput> = {
  name: 'backup.pin',
  summary: 'Keep a snapshot whatever the rules say.',
  input: s.object({
    name: s.string(),
    id: s.string(),
    why: s.string().optional(),
    for: s.duration().optional().about('Until then. Default: until `realm backup unpin`.'),
  }),
  effect: 'write',
  long: true,
  cli: { verb: 'backup pin', positionals: ['name', 'id'] },
  async run({ name, id, why = '', for: forMs }, ctx) {
    const until = forMs === undefined ? null : ctx.now() + forMs;
    const copies = await find((await meant(name, ctx)).want, id, ctx);
    for (const { engine, snapshot } of copies) await engine.pin(snapshot, { until, why });
    return {
      version: 1,
      text: `${copies[0]!.snapshot.id} stays${until === null ? '' : ` until ${new Date(until).toISOString()}`}\n`,
    };
  },
};

export const unpinVerb: Action<{ readonly name: string; readonly id: string }> = {
  name: 'backup.unpin',
  summary: 'Take a pin back.',
  input: s.object({ name: s.string(), id: s.string() }),
  effect: 'write',
  long: true,
  cli: { verb: 'backup unpin', positionals: ['name', 'id'] },
  async run({ name, id }, ctx) {
    const copies = await find((await meant(name, ctx)).want, id, ctx);
    for (const { engine, snapshot } of copies) await engine.pin(snapshot, undefined);
    return { version: 1, text: `the rules decide about ${copies[0]!.snapshot.id} again\n` };
  },
};

export const undeleteVerb: Action<{ readonly name: string; readonly id: string }> = {
  name: 'backup.undelete',
  summary: 'Take a snapshot out of the trash.',
  input: s.object({ name: s.string(), id: s.string() }),
  effect: 'write',
  long: true,
  cli: { verb: 'backup undelete', positionals: ['name', 'id'] },
  async run({ name, id }, ctx) {
    const { want } = await meant(name, ctx);
    const there: string[] = [];
    const { done, failed } = await inEach(await enginesOf(want, ctx), ctx.signal, async (engine) => {
      const back: string[] = [];
      for (const { snapshot } of await engine.trash(want.name)) {
        there.push(snapshot.id);
        if (![snapshot.id, snapshot.label, snapshot.uid].includes(id)) continue;
        await engine.undelete(snapshot, toolsOf(ctx));
        back.push(`${snapshot.id} in ${engine.name}`);
      }
      return back;
    });
    const back = done.flatMap(({ result }) => result);
    const away = failed.map((one) => `; ${one}`).join('');
    if (back.length === 0)
      throw new RealmError('BACKUP_UNKNOWN', `there is no snapshot ${id} of ${name} in the trash${away}`, {
        hint: there.length === 0 ? 'the trash is empty' : `in the trash: ${[...new Set(there)].join(', ')}`,
      });
    return answerOf({ version: 1, text: back.map((one) => `${one} is back\n`).join('') }, failed);
  },
};
