// Secrets never come out: a plugin tells them everywhere, and no byte of what Realm prints, answers or stores has them.
import { expect, test } from 'vitest';
import { huntAlone, huntWatched } from './leak-hunt.ts';

test('without a daemon', async () => {
  expect(await huntAlone('few')).toBeGreaterThan(4);
}, 120_000);
test('with a daemon, over the socket, and in processes of their own', async () => {
  expect(await huntWatched('few')).toBeGreaterThan(4);
}, 180_000);
