// Every folder in test/samples: one configuration with its exact diagnostics. Adding a case is adding a folder.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { flat, runSample, SAMPLES } from './samples.ts';

const names = readdirSync(SAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const classes = Map.groupBy(names, (name) => name.split('-')[0]!);

test('the samples are broad', () => {
  const broken = [...classes.entries()].filter(([name, members]) => name !== 'good' && members.length >= 2);
  expect(names.length).toBeGreaterThanOrEqual(60);
  expect(broken.length).toBeGreaterThanOrEqual(20);
});

test.each(names)('%s', async (name) => {
  const expected = JSON.parse(readFileSync(join(SAMPLES, name, 'expected.json'), 'utf8')) as { severity: string }[];
  const { declaration, diagnostics } = await runSample(name);
  expect(diagnostics.map((one) => flat(name, one))).toEqual(expected);
  expect(declaration === undefined).toBe(expected.some(({ severity }) => severity === 'error'));
});
