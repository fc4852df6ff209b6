// Ten thousand resources through the kernel, under virtual time: nothing is forgotten, nothing is done twice.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Kernel } from '../../core/kernel/kernel.ts';
import { seededRandom } from '../../core/random.ts';
import { testRealm } from '../core/kernel/realm.ts';
import { seed } from './seed.ts';

const MANY = 10_000;
const MINUTE = 60_000;

const config = (texts: ReadonlyMap<number, string>): string =>
  `plugins: [file]\nfiles:\n${[...texts].map(([n, text]) => `  f${n}: { path: all/${n}, text: ${text}${n % 10 === 0 ? '' : `, after: [file/f${n - (n % 10)}]`} }\n`).join('')}`;

test(`${MANY} files: made, healed, edited, taken away, and left alone after a restart (seed ${seed})`, async () => {
  const random = seededRandom(seed);
  const texts = new Map(Array.from({ length: MANY }, (_, n) => [n, `t${n}`]));
  const realm = testRealm({ 'realm.config.yaml': config(texts) });
  const path = (n: number): string => join(realm.root, 'all', String(n));
  const some = (count: number): number[] => [
    ...new Set(Array.from({ length: count }, () => Math.floor(random.next() * MANY))),
  ];
  const asDeclared = (): void => {
    expect(readdirSync(join(realm.root, 'all'))).toHaveLength(texts.size);
    for (const [n, text] of texts)
      if (readFileSync(path(n), 'utf8') !== text) expect([n, readFileSync(path(n), 'utf8')]).toEqual([n, text]);
  };
  let applied = 0;
  const bad: string[] = [];
  const count = (kernel: Kernel): void => {
    kernel.store.journal.listen((events) => {
      for (const { type } of events) {
        if (type === 'resource.applied') applied += 1;
        if (['resource.failed', 'journal.gap', 'plugin.degraded'].includes(type)) bad.push(type);
      }
    });
  };
  const took = (): number => {
    const before = applied;
    applied = 0;
    return before;
  };

  const kernel = await realm.open();
  count(kernel);
  await kernel.start();
  await realm.clock.advance(MINUTE);
  asDeclared();
  expect(took()).toBe(MANY);

  const touched = some(300);
  for (const n of touched) writeFileSync(path(n), 'by hand');
  const lost = some(100).filter((n) => !touched.includes(n));
  for (const n of lost) rmSync(path(n));
  let passes = 0;
  kernel.loop.onPass = () => passes++;
  await realm.clock.advance(2 * MINUTE);
  asDeclared();
  expect(took()).toBe(touched.length + lost.length);
  expect(passes).toBeLessThan(3.5 * MANY); // each is looked at about once a minute

  const edited = some(200);
  for (const n of edited) texts.set(n, `edited${n}`);
  for (const n of some(50)) if (n % 10 !== 0) texts.delete(n);
  const others = edited.filter((n) => texts.has(n));
  realm.write('realm.config.yaml', config(texts));
  expect(await kernel.reload()).toEqual({ ok: true, changed: true });
  await realm.clock.advance(2 * MINUTE);
  asDeclared();
  expect(took()).toBe(others.length);
  const status = await realm.door(kernel).status();
  expect(status.resources).toHaveLength(texts.size);
  expect(status.resources.filter(({ ready }) => ready !== true)).toEqual([]);
  await kernel.stop(1_000);

  const next = await realm.open();
  count(next);
  await next.start();
  await realm.clock.advance(MINUTE);
  asDeclared();
  expect(took()).toBe(0);
  expect(next.store.resources.refs()).toHaveLength(texts.size);
  await next.stop(1_000);
  expect(bad).toEqual([]);
  console.log(
    `ten thousand files, REALM_SEED=${seed}: ${touched.length} healed, ${others.length} edited, ${MANY - texts.size} taken away, ${passes} passes in five minutes`,
  );
});
