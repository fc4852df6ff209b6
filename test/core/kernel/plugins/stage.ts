// Things that say of themselves what stands in a file: which conditions are so, one on each line.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Condition, definePlugin, s } from 'realm-runner/plugin';

const condition = (type: string, words: readonly string[]): Condition => ({
  type,
  status: words.includes(type) ? 'True' : 'False',
  reason: 'Script',
  message: words.join(' '),
});

/** A look lasts as long as its file says `looking`. */
async function read(path: string): Promise<string[]> {
  const words = readFileSync(path, 'utf8').split('\n');
  if (!words.includes('looking')) return words;
  await pause(5);
  return read(path);
}

export default definePlugin({
  name: 'stage',
  summary: 'Says what its file says.',
  setup(realm) {
    realm.kind({
      name: 'scene',
      section: 'scenes',
      spec: s.object({ script: s.path(), turn: s.integer().default(1) }),
      state: s.object({ words: s.list(s.string()), awaited: s.list(s.string()) }),
      resyncMs: 0,
      overrides: ['stop'],
      watch: ({ script }) => [script],
      observe: async ({ spec, awaited }) => ({ words: await read(spec.script), awaited }),
      diff(_, state) {
        const words = state?.words ?? [];
        if (words.includes('ending')) return [{ action: 'remove', path: 'played', from: true }];
        return words.includes('played') ? [] : [{ action: 'update', path: 'played', from: false, to: true }];
      },
      conditions: (_, state) =>
        ['Ready', 'Started', ...(state?.awaited ?? []).filter((type) => type !== 'Ready')].map((type) =>
          condition(type, state?.words ?? []),
        ),
      async apply({ name, spec, after }, changes, ctx) {
        const said = changes.map(({ action, path }) => `${action} ${path}`).join();
        const edges = after.map(({ ref, until, onLoss }) => ` ${ref} ${until} ${onLoss}`).join();
        appendFileSync(join(ctx.paths.root, 'played.log'), `${name}: ${said}${edges}\n`);
        const text = readFileSync(spec.script, 'utf8');
        writeFileSync(spec.script, text.replace('ending\n', '') + (text.includes('ending') ? '' : 'played\n'));
      },
    });
  },
});
