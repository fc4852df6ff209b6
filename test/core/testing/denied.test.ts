// Looking with writes and processes denied: an honest look answers the same, a look with a side effect is refused.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lookDenied } from '../../../core/testing/denied.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'realm-denied-')));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function look(name: string, observe: string): Promise<unknown> {
  const module = join(root, `${name}.ts`);
  writeFileSync(
    module,
    `import { execFileSync } from 'node:child_process';
     import { readFileSync, writeFileSync } from 'node:fs';
     import { definePlugin, s, unknown } from 'realm-runner/plugin';
     export default definePlugin({
       name: 'p', summary: '', settings: { section: 'p', schema: s.object({ word: s.string() }) },
       setup(realm, { word }) {
         realm.kind({
           name: 'thing', section: 'things', spec: s.object({ path: s.path() }), state: s.object({ text: s.string() }),
           observes: ['uname'],
           observe: async ({ spec: { path } }, ctx) => { ${observe} },
         });
       },
     });`,
  );
  const spec = { path: 'seen.txt' };
  return lookDenied({
    module,
    kind: 'thing',
    spec,
    settings: { p: { word: 'hi' } },
    secrets: { key: 's3' },
    root,
    now: 5,
  });
}

test('a look that only reads answers its state, with settings, secrets and time as in the test', async () => {
  writeFileSync(join(root, 'seen.txt'), 'text');
  const state = await look(
    'honest',
    "console.log('noise'); return { text: [readFileSync(path, 'utf8'), word, ctx.reveal({ name: 'key' }), ctx.now()].join() };",
  );
  expect(state).toEqual({ text: 'text,hi,s3,5' });
});

test('a look that writes is refused by the runtime, and the write did not happen', async () => {
  await expect(look('writer', "writeFileSync(path, 'mine'); return null;")).rejects.toThrow(
    /observe failed: .*restricted/,
  );
});

test('a look that starts a process is refused by the runtime', async () => {
  await expect(look('starter', "execFileSync('true'); return null;")).rejects.toThrow(/observe failed: .*restricted/);
});

test('a look that asks a program it names gets its answer', async () => {
  const state = (await look('asker', "return { text: (await ctx.ask('uname', [])).text };")) as { text: string };
  expect(state.text).toMatch(/^\w+\n$/);
});

test('a look that asks a program it does not name is refused', async () => {
  const asked = look('stray', "return { text: (await ctx.ask('true', [])).text };");
  await expect(asked).rejects.toThrow('asks true, which none of its kinds observes');
});

test('a look that could not be made says why', async () => {
  await expect(look('unknowing', "return unknown('the NAS is asleep');")).rejects.toThrow('the NAS is asleep');
});

test('a look that ends its process is told, not waited for', async () => {
  await expect(look('leaver', 'process.exit(0);')).rejects.toThrow(/observe failed/);
});
