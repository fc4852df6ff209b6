// The suite's checks: an honest kind passes all of them, and each planted lie is found by the check that is there for it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { kindChecks } from '../../../core/testing/checks.ts';
import type { Bench, KindCheck } from '../../../core/testing/checks.ts';
import { testRealm } from '../../../core/testing/realm.ts';
import type { AnyPlugin } from '../../../core/testing/realm.ts';
import { lies, notes } from './kinds.ts';

async function run(check: KindCheck, plugin: AnyPlugin): Promise<string> {
  await using realm = await testRealm({ plugins: plugin });
  const bench: Bench = {
    realm,
    kind: 'note',
    spec: { path: 'a.txt', text: 'one' },
    other: { path: 'a.txt', text: 'two', mode: '0600' },
    moved: { path: 'b.txt', text: 'one' },
    spoil: () => writeFile(join(realm.root, 'a.txt'), 'spoiled'),
    module: undefined,
    settings: {},
    secrets: {},
  };
  if (!check.applies(bench)) return 'skipped';
  return await check.run(bench).then(
    () => 'kept',
    (error: unknown) => String(error),
  );
}

for (const check of kindChecks) {
  test(`an honest kind keeps: ${check.name}`, async () => {
    expect(await run(check, notes())).toMatch(/^(kept|skipped)$/);
  });
}

for (const [what, [by, lie]] of Object.entries(lies)) {
  test(`a kind that ${what} is found by the check on ${by.source}`, async () => {
    const check = kindChecks.find(({ name }) => by.test(name))!;
    expect(await run(check, notes(lie))).toMatch(/^Error: /);
  });
}

test('a kind that only holds data has nothing to look at, and is checked for purity alone', async () => {
  const { apply: _a, observe: _o, remove: _r, state: _s, ...data } = {} as Record<string, undefined>;
  const plugin = notes({
    apply: undefined,
    observe: undefined,
    remove: undefined,
    state: undefined,
    ...data,
  } as object);
  const ends = await Promise.all(kindChecks.map((check) => run(check, plugin)));
  expect(ends.filter((end) => end !== 'skipped')).toEqual(['kept']);
});
