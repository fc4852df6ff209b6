// What the README of the example tells strangers to do, done as it stands there.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { MEMORY } from '../../../memory.ts';
import { Stage } from './stage.ts';

const readme = readFileSync(join(import.meta.dirname, '../../../../examples/agents/README.md'), 'utf8');
const script = /An agent in any language does this:\n\n```sh\n(.*?)```/s.exec(readme)![1]!;

test('an agent of a few lines of shell sends, receives, and handles once what comes twice', async () => {
  const stage = await Stage.begin({ agents: ['em', 'rick'] });
  const live = (agent: string): void =>
    void execFileSync('sh', ['-euc', `handle() { echo once >> said; cat "$1" >> said; }\nmkdir -p outbox\n${script}`], {
      cwd: stage.home(agent),
    });
  live('em');
  await stage.turn();
  const [message] = stage.inbox('rick');
  expect(message).toMatchObject({ from: 'em', type: 'request', priority: 'high', reference: 'c-42' });
  live('rick');
  await stage.turn();
  expect(stage.stateOf(message!['id'] as string)).toBe('acknowledged');
  await stage.post.replay('rick', 0, stage.now + 1_000);
  await stage.turn();
  expect(stage.inbox('rick')).toContainEqual(message);
  live('rick');
  const said = readFileSync(join(stage.home('rick'), 'said'), 'utf8');
  expect(said.split('\n').filter((line) => line === JSON.stringify(message))).toHaveLength(1);
});

test('it leaves for the next time what comes after all that it listed first, and takes up what that listing missed', () => {
  const home = mkdtempSync(join(MEMORY, 'realm-receiver-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  for (const folder of ['inbox', 'outbox']) mkdirSync(join(home, folder));
  writeFileSync(join(home, 'inbox/2.json'), '2');
  const others = 'true() { echo 1 > inbox/1.json; echo 3 > inbox/3.json; }'; // once the first listing is made
  execFileSync('sh', ['-euc', `${others}\nhandle() { cat "$1" >> said; }\n${script}`], { cwd: home });
  expect(readFileSync(join(home, 'said'), 'utf8').replaceAll('\n', '')).toBe('12');
  expect(existsSync(join(home, 'inbox/3.json'))).toBe(true);
});
