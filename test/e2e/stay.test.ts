// Whoever begins a long action stays with it: it says how far it is and what it answered, with a daemon and without one.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { HANGS_MS, realm, tempRealm, until, watch } from './realm.ts';

vi.setConfig({ testTimeout: 120_000 }); // several commands, each slow on a busy machine

const PLUGIN = `
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { definePlugin, s } from 'realm-runner/plugin';

export default definePlugin({
  name: 'copier',
  summary: 'Copies.',
  setup(realm) {
    realm.action({
      name: 'copier.run', summary: 'Copies.', input: s.object({ until: s.string(), fail: s.boolean().optional() }),
      effect: 'write', long: true, cli: { verb: 'copy', positionals: ['until'] },
      run: async ({ until, fail }, ctx) => {
        const file = (name) => join(ctx.paths.root, name);
        ctx.progress({ phase: 'copying', done: 1, total: 2 });
        writeFileSync(file(until + '.begun'), '');
        // the realm is gone when its test failed half-way: nobody else ends a run
        while (!existsSync(file(until)) && existsSync(ctx.paths.root)) await ctx.sleep(20);
        if (fail) throw new Error('the disk is gone');
        return { files: 2 };
      },
    });
  },
});
`;
const staged = (): Promise<string> =>
  tempRealm({ 'realm.config.yaml': 'plugins: [./copier.ts]\n', 'copier.ts': PLUGIN, go: '' });
const linesOf = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
const RESULT = { version: 1, run: expect.objectContaining({ state: 'succeeded' }) as object, result: { files: 2 } };
const PROGRESS = { version: 1, progress: { phase: 'copying', done: 1, total: 2 } };

for (const isWatched of [true, false])
  test(`${isWatched ? 'with' : 'without'} a daemon: until the end, with its answer and its exit code`, async () => {
    const dir = await staged();
    const watching = isWatched ? watch(dir) : undefined;
    if (watching !== undefined) await until(() => existsSync(join(dir, '.realm/realm.sock')), HANGS_MS, 'a daemon');
    expect(await realm(dir, ['copy', 'go'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^files {2}2\nRun \S+ \(copier\.run\) succeeded/) as string,
    });
    const slow = watch(dir, ['copy', 'later', '--json']);
    await slow.prints('"progress"'); // what was not heard before the end need not be told
    writeFileSync(join(dir, 'later'), '');
    const { code, stdout } = await slow.ended;
    expect(code).toBe(0);
    expect(linesOf(stdout)).toEqual([PROGRESS, RESULT]);
    expect(await realm(dir, ['copy', 'go', '--fail'])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/ failed.*: the disk is gone\n/) as string,
    });
    await watching?.stop();
  });

test('who leaves with Ctrl-C is told where to find it, and it goes on', async () => {
  const dir = await staged();
  const watching = watch(dir);
  await until(() => existsSync(join(dir, '.realm/realm.sock')), HANGS_MS, 'a daemon');
  const staying = watch(dir, ['copy', 'later', '--json']);
  await staying.prints('"progress"');
  const left = await staying.stop();
  expect(left.code).toBe(130);
  expect(left.stderr).toMatch(/Left run (\S+)\. realm logs \1 --follow; realm cancel \1/);
  writeFileSync(join(dir, 'later'), '');
  await until(
    async () => (await realm(dir, ['runs', '--json'])).stdout.includes('"succeeded"'),
    HANGS_MS,
    'the run to end',
  );
  await watching.stop();
});
