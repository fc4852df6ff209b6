// What is on the disk of a life: damage from before this boot means that nothing runs, any other that nobody knows.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bootId } from '../../../plugins/services/adopted.ts';
import { readLife, writeLife } from '../../../plugins/services/life.ts';

const life = {
  token: 't1',
  startedAt: 1,
  because: 'first start',
  meaning: {},
  unstable: 0,
  logFrom: 0,
  restarts: 0,
  asked: null,
  found: {},
};

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'realm-life-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

test('what was written is read; none is none', () => {
  const dir = folder();
  expect(readLife(dir)).toBe(null);
  writeLife(dir, life);
  expect(readLife(dir)).toEqual(life);
});

test.each(['', '{"tok'])('a file that a power cut left as %j counts as none, and only then', (text) => {
  const dir = folder();
  writeFileSync(join(dir, 'life.json'), text);
  expect(() => readLife(dir)).toThrow('nobody knows what runs');
  writeFileSync(join(dir, 'pid'), `${bootId()} t1 77 (sh) S 1\n`);
  expect(() => readLife(dir)).toThrow('nobody knows what runs');
  writeFileSync(join(dir, 'pid'), ' '.repeat(511));
  expect(() => readLife(dir)).toThrow('nobody knows what runs');
  writeFileSync(join(dir, 'pid'), '00000000-0000-0000-0000-000000000000 t1 77 (sh) S 1\n');
  expect(readLife(dir)).toBe(null);
});
