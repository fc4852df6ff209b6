// What a first command has to read: the checks of built-in inputs are compiled before, and ajv is read for new schemas only.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { realm, tempRealm } from '../../e2e/realm.ts';

/** Writes down what was read by `require`, as ajv is. */
const WITNESS = `process.on('exit', () =>
  require('node:fs').writeFileSync(process.env.SEEN, Object.keys(require.cache).join('\\n')));
`;
const MINE = `import { definePlugin, s } from 'realm-runner/plugin';
export default definePlugin({
  name: 'mine',
  summary: 'Has an input that nobody knew before.',
  setup: (realm) => realm.action({
    name: 'mine.say', summary: 'Says it.', input: s.object({ word: s.string() }), effect: 'read',
    cli: { verb: 'say', positionals: ['word'] }, run: ({ word }) => ({ word }),
  }),
});
`;
const CONFIG = 'plugins: [backup, ./mine.ts]\nbackups:\n  b: { sources: [data], to: [target], keep: { last: 1 } }\n';

async function readBy(...words: readonly string[]): Promise<string> {
  const dir = await tempRealm({ 'realm.config.yaml': CONFIG, 'mine.ts': MINE, 'witness.cjs': WITNESS, 'data/a': 'a' });
  const env = { NODE_OPTIONS: `--require ${join(dir, 'witness.cjs')}`, SEEN: join(dir, 'seen') };
  expect(await realm(dir, words, { env })).toMatchObject({ code: 0 });
  return readFileSync(join(dir, 'seen'), 'utf8');
}

test('ajv is not read for the input of a built-in verb, and is for another', async () => {
  expect(await readBy('backup', 'list')).not.toMatch(/[/]ajv[/]/);
  expect(await readBy('say', 'hello')).toMatch(/[/]ajv[/]/);
});
