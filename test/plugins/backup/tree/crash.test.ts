// Killed at every step of a run: each visible snapshot is whole, the one before is untouched, and the next run ends well.
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runChild } from './child.ts';
import { checkSums, mustBeAlike, pictureOf, type World, world } from './world.ts';

const FILES = 260; // more than one batch
/** That are gone when the next run comes: one, and a folder of them for which one file came. */
const LOST = Math.ceil((FILES - 4) / 7);

function fill(w: World): void {
  for (let index = 0; index < FILES; index += 1) w.file(`d${index % 7}/f${index}`, `${index}`);
}

/** Names a person would see. */
function visible(w: World): readonly string[] {
  const names = readdirSync(join(w.target, 'daily'), { withFileTypes: true });
  return names
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => join(w.target, 'daily', name));
}

/** Every step of a first run, told by one. */
const steps = ((): readonly string[] => {
  using w = world();
  fill(w);
  const counts = new Map<string, number>();
  return runChild(w).seen!.map((point) => {
    counts.set(point, (counts.get(point) ?? 0) + 1);
    return `${point}#${counts.get(point)}`;
  });
})();
const isFirst = (step: string): boolean => step.startsWith('backup.target');

test('there are steps before and after whatever must survive', () => {
  const names = new Set(steps.map((step) => step.replace(/:(before|after)#\d+$/, '')));
  expect([...names].map((name) => name.replace('backup.', ''))).toEqual([
    'target',
    'lease',
    'stage',
    'batch',
    'seal',
    'barrier',
    'commit',
    'note',
    'latest',
    'release',
  ]);
  for (const name of names) expect(steps).toContain(`${name}:after#1`);
});

test.each(steps.filter(isFirst))('killed in the first run at %s', async (killAt) => {
  using w = world();
  w.file('a');
  expect(runChild(w, { killAt }).signal).toBe('SIGKILL');
  const { snapshot } = await w.write();
  expect(readdirSync(join(w.target, 'daily'))).toEqual([snapshot.label, 'latest']);
  checkSums(snapshot.path);
});

describe('killed in a later run', () => {
  test.each(steps.filter((step) => !isFirst(step)))('at %s', async (killAt) => {
    using w = world();
    fill(w);
    const before = (await w.write()).snapshot;
    const picture = pictureOf(before.path);
    w.file('d1/f1', 'changed');
    for (let index = 0; index < FILES; index += 3) w.file(`d${index % 7}/f${index}`, `new ${index}`);
    expect(runChild(w, { killAt }).signal).toBe('SIGKILL');
    for (const path of visible(w)) checkSums(path);
    // What the dead run made is not what the sources are any more.
    w.file('d1/f1', 'newer');
    writeFileSync(join(w.src, 'd2/f2'), 'also changed');
    w.file('z', 'more');
    rmSync(join(w.src, 'd3/f3'));
    rmSync(join(w.src, 'd4'), { recursive: true });
    w.file('d4', 'a file now');
    const { snapshot, troubles } = await w.write();
    expect(snapshot).toMatchObject({ status: 'complete', files: FILES + 1 - LOST });
    expect(troubles).toEqual([]);
    for (const path of visible(w)) checkSums(path);
    expect(pictureOf(before.path)).toBe(picture);
    mustBeAlike(w.src, join(snapshot.path, 'data/src'));
    expect(readdirSync(join(w.target, 'daily')).filter((name) => name.startsWith('.'))).toEqual([]);
    expect(readdirSync(join(w.target, '.realm/leases'))).toEqual([]);
  });
});
