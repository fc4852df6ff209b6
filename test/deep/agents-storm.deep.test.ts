// A storm of 10,000 messages between real agents, and whoever delivers them killed five times in the middle of it.
import { test } from 'vitest';
import { expectNothingLost } from '../e2e/agents-storm.ts';

test('10,000 messages, the router killed 5 times: none lost, none doubled', async () => {
  await expectNothingLost({ messages: 10_000, kills: 5, timeoutMs: 900_000 });
});
