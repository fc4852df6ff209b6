// Whose failure it is said to be.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { RealmError } from '../../../core/errors.ts';
import { blame } from '../../../core/reconcile/blame.ts';

const thrown = async (work: () => unknown): Promise<unknown> => Promise.try(work).catch((error: unknown) => error);

test('a sentence written for people stands alone; what the system refused does not name the plugin; a defect does', async () => {
  const told = new RealmError('HOST_UNKNOWN', 'nobody declares the host "x"');
  expect(blame(told, 'p', 'apply of a/b')).toBe('nobody declares the host "x"');
  const refused = await thrown(() => readFile('/nowhere/at/all'));
  expect(blame(refused, 'p', 'apply of a/b')).toMatch(/^apply of a\/b failed: ENOENT: .*\/nowhere\/at\/all/);
  const defect = await thrown(() => (undefined as unknown as { length: number }).length);
  expect(blame(defect, 'p', 'looking')).toMatch(/^plugin p: looking failed: Cannot read/);
  const misuse = await thrown(() => readFile({} as never));
  expect(blame(misuse, 'p', 'looking')).toMatch(/^plugin p: looking failed: /);
  expect(blame('a text', 'p', 'looking')).toBe('plugin p: looking failed: a text');
});
