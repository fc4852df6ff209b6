// Secrets never come out, by any command: the long version of test/e2e/secrets.test.ts.
import { expect, test } from 'vitest';
import { huntAlone, huntWatched } from '../e2e/leak-hunt.ts';

test('without a daemon, before and after', async () => {
  expect(await huntAlone('all')).toBeGreaterThan(4);
}, 600_000);
test('with a daemon', async () => {
  expect(await huntWatched('all')).toBeGreaterThan(4);
}, 600_000);
