// A plugin that is edited while its realm is watched is read again, its helper files too; a broken edit keeps the old one.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { realm, SOON_MS, tempRealm, until, watch } from './realm.ts';

const index = `
import { readFile, writeFile } from 'node:fs/promises';
import { absent, definePlugin, s } from 'realm-runner/plugin';
import { word } from './words.ts';

export default definePlugin({
  name: 'greet',
  summary: 'Greets.',
  setup(realm) {
    realm.kind({
      name: 'greeting',
      section: 'greetings',
      spec: s.object({ path: s.path(), to: s.string() }),
      state: s.object({ text: s.string() }),
      watch: ({ path }) => [path],
      observe: ({ spec }) => readFile(spec.path, 'utf8').then((text) => ({ text }), absent('ENOENT')),
      diff: ({ to }, state) => {
        const text = word + ', ' + to;
        if (state === null) return [{ action: 'create', path: '' }];
        return state.text === text ? [] : [{ action: 'update', path: 'text', from: state.text, to: text }];
      },
      apply: ({ spec: { path, to } }) => writeFile(path, word + ', ' + to),
    });
  },
});
`;
const words = (word: string): string => `export const word = '${word}';\n`;

test('an edited plugin, or a file beside it, is in force at once; a broken one is told and changes nothing', async () => {
  const dir = await tempRealm({
    'realm.config.yaml': 'plugins: [./plugins/greet]\ngreetings:\n  ann: { path: ann.txt, to: Ann }\n',
    'plugins/greet/index.ts': index,
    'plugins/greet/words.ts': words('Hello'),
  });
  const text = (): Promise<string> => readFile(join(dir, 'ann.txt'), 'utf8').catch(() => '');
  const reads = (what: string) => async (): Promise<boolean> => (await text()) === what;
  const watching = watch(dir);
  await watching.prints('keeps 1 resource true');
  await until(reads('Hello, Ann'), SOON_MS, 'the first greeting');

  await writeFile(join(dir, 'plugins/greet/words.ts'), words('Salut'));
  await until(reads('Salut, Ann'), SOON_MS, 'the edited helper to be in force', watching.output);
  await writeFile(join(dir, 'plugins/greet/index.ts'), index.replaceAll("', ' + to", "', dear ' + to"));
  await until(reads('Salut, dear Ann'), SOON_MS, 'the edited plugin to be in force', watching.output);

  await writeFile(join(dir, 'plugins/greet/words.ts'), 'export const word = ;\n');
  const isTold = async (): Promise<boolean> =>
    (
      JSON.parse((await realm(dir, ['status', '--json'])).stdout) as { configError: string | null }
    ).configError?.includes('greet') === true;
  await until(isTold, SOON_MS, 'the mistake to be told', watching.output);
  await writeFile(join(dir, 'ann.txt'), 'scribble');
  await until(reads('Salut, dear Ann'), SOON_MS, 'the old plugin to go on healing');

  await writeFile(join(dir, 'plugins/greet/words.ts'), words('Moin'));
  await until(reads('Moin, dear Ann'), SOON_MS, 'the mended plugin to be in force', watching.output);
  expect(await watching.stop()).toMatchObject({ code: 130 });
});
