// The tree of processes is read from this very machine.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { HANGS_MS, until } from '../../e2e/realm.ts';
import { carriersOf, commandOf, descendantsOf, processTree } from '../../../plugins/services/tree.ts';

test('a tree of three is found whole, with what it uses, its words and its mark', async () => {
  const script = 'sh -c "sleep 60 & echo up; wait" & wait';
  const mark = randomUUID(); // another one may run this test at the same time
  const child = spawn('/bin/sh', ['-c', script], { env: { ...process.env, MARK: mark }, detached: true });
  onTestFinished(() => void process.kill(-child.pid!, 'SIGKILL'));
  await once(child.stdout, 'data');
  const wordsOf = (): string[] => descendantsOf(child.pid!, processTree()).map(({ pid }) => commandOf(pid));
  await until(
    () => wordsOf()[1] === 'sleep 60',
    HANGS_MS,
    'the copy of the shell to become sleep',
    () => wordsOf().join(),
  );
  const tree = processTree();
  const found = descendantsOf(child.pid!, tree);
  expect(wordsOf()).toEqual([expect.stringMatching(/^sh -c sleep/), 'sleep 60']);
  expect(found.every(({ memoryBytes, startTime }) => memoryBytes > 0 && Number(startTime) > 0)).toBe(true);
  expect(tree.get(child.pid!)).toMatchObject({ parent: process.pid });
  expect(descendantsOf(process.pid, tree).map(({ pid }) => pid)).toContain(found[1]!.pid);
  expect(carriersOf(mark, tree)).toHaveLength(3);
});

test('a process that has ended is in no tree, also while nobody took note of it', async () => {
  const child = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { detached: true });
  onTestFinished(() => void process.kill(-child.pid!, 'SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const zombie = Number(line.toString());
  await until(() => !processTree().has(zombie), HANGS_MS, 'it to end');
  expect(descendantsOf(child.pid!, processTree())).toEqual([]);
  expect(commandOf(999_999_999)).toBe('');
});
