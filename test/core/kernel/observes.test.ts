// A kind may ask the programs it names, and no other; what they do wrong is a reason on the resource.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import { askHere } from '../../../core/os/ask.ts';
import { testRealm } from './realm.ts';

test('a named program answers; an unnamed, a missing and a slow one have their codes', async () => {
  const realm = testRealm({
    'realm.config.yaml': `plugins: [./asking.ts]
answers:
  good: { tool: sh, args: [-c, 'echo "$1"; pwd', sh, "a b"] }
  unnamed: { tool: "true" }
  missing: { tool: no-such-program }
  slow: { tool: sh, args: [-c, sleep 60], within: 200ms }
`,
  });
  cpSync(join(import.meta.dirname, 'plugins/asking.ts'), join(realm.root, 'asking.ts'));
  const ask = askHere(systemClock); // real programs take real time
  const kernel = await realm.open({ world: { ask: (...asked) => realm.clock.busy(ask(...asked)) } });
  await kernel.start();
  await realm.clock.advance(1_000);
  const ready = (ref: `answer/${string}`) =>
    kernel.store.resources.get(ref)!.conditions.find(({ type }) => type === 'Ready')!;
  const good = (await realm.door(kernel).plan({ target: ['answer/good'] })).changes[0]!.fields[0]!.from;
  expect((good as readonly string[])[0]).toBe(`a b\n${realm.root}`);
  expect(ready('answer/unnamed')).toMatchObject({ status: 'Unknown', reason: 'TOOL_UNNAMED' });
  expect(ready('answer/missing')).toMatchObject({ status: 'Unknown', reason: 'TOOL_MISSING' });
  expect(ready('answer/slow')).toMatchObject({ status: 'Unknown', reason: 'TOOL_FAILED' });
  expect(ready('answer/slow').message).toContain('sh did not answer within 0.2 s');
  await realm.stop(kernel);
});
