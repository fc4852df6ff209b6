// How far a backup is: phases, files and bytes, as engines tell them and as the command line shows them while it goes on.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Progress } from 'realm-runner/plugin';
import { expect, onTestFinished, test, vi } from 'vitest';
import { treeEngine } from '../../../plugins/backup/tree/engine.ts';
import { tempRealm, watch } from '../../e2e/realm.ts';
import { START, testJob, testPolicy, testTools } from './rig.ts';

vi.setConfig({ testTimeout: 120_000 });

test('a run tells its phases in order, with files and bytes; the second knows how much is to come', async () => {
  const root = mkdtempSync(join(tmpdir(), 'realm-progress-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'agents'));
  for (let index = 0; index < 20; index += 1) writeFileSync(join(root, `agents/${index}.txt`), 'x'.repeat(100));
  const engine = treeEngine({ path: join(root, 'backups'), root });
  const told = async (at: number): Promise<Progress[]> => {
    const said: Progress[] = [];
    await engine.write(testJob(testPolicy('daily', root)), testTools(at, { progress: (one) => void said.push(one) }));
    return said;
  };
  const first = await told(START);
  expect([...new Set(first.map(({ phase }) => phase))]).toEqual(['copy', 'sync']);
  const copied = first.findLast(({ phase }) => phase === 'copy');
  expect(copied).toEqual({ phase: 'copy', done: 20, bytes: 2_000 });
  const second = await told(START + 1_000);
  expect(second.find(({ phase }) => phase === 'copy')).toMatchObject({ total: 20, totalBytes: 2_000 });
  const read: Progress[] = [];
  const tools = testTools(START + 2_000, { progress: (one) => void read.push(one) });
  const { snapshots } = await engine.list('daily');
  await engine.verify(snapshots[0]!, 'content', tools);
  expect(read.at(-1)).toEqual({ phase: 'verify', done: 20, total: 20, bytes: 2_000, totalBytes: 2_000 });
});

test('the command line says what it is at while it goes on, a line of JSON for each word, and ends with the answer', async () => {
  const dir = await tempRealm({
    'realm.config.yaml': `plugins: [backup]
backups:
  daily:
    sources: [agents]
    keep: { last: 3 }
    commands: { before: [{ command: [sh, -c, "until test -e go; do sleep 0.05; done"] }] }
`,
    'agents/z/SOUL.md': 'careful\n',
  });
  const running = watch(dir, ['backup', 'run', 'daily', '--json']);
  await running.prints('"phase":"running before: sh"', 60_000);
  writeFileSync(join(dir, 'go'), '');
  const { code, stdout } = await running.ended;
  expect(code, stdout).toBe(0);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines[0]).toMatchObject({ version: 1, progress: { phase: 'running before: sh' } });
  expect(lines.at(-1)).toMatchObject({ version: 1, run: { state: 'succeeded' }, result: { policy: 'daily' } });
});
