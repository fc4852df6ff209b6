// Whatever happens in whatever order: each change of state is told exactly once to a receiver that knows ids, and in order.
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { calm, crashLoop } from './news.ts';
import { alerted, type Alerted } from './realm.ts';
import { type Mood, type Receiver, receiver } from './receiver.ts';

type Step =
  | { readonly is: 'opens' | 'closes'; readonly name: string }
  | { readonly is: 'mood'; readonly mood: Mood }
  | { readonly is: 'passes' | 'jumps'; readonly ms: number }
  | { readonly is: 'restarts' | 'down' | 'up' };

const name = fc.constantFrom('a', 'b', 'c');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ is: fc.constantFrom('opens' as const, 'closes' as const), name }) },
  {
    weight: 2,
    arbitrary: fc.record({
      is: fc.constant('mood' as const),
      mood: fc.constantFrom<Mood>(200, 200, 500, 'lose', 'hang'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ is: fc.constant('passes' as const), ms: fc.constantFrom(50, 1_000, 9_000, 120_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant('jumps' as const),
      ms: fc.constantFrom(-3_600_000, -5_000, 5_000, 86_400_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ is: fc.constantFrom('restarts' as const, 'down' as const, 'up' as const) }) },
);

/** An answer that is lost, whatever chance draws besides: what was told is told again, with the same id. */
const LOST: Step[] = [
  { is: 'mood', mood: 'lose' },
  { is: 'opens', name: 'a' },
  { is: 'passes', ms: 9_000 },
];

const explored = { runs: 0, changes: 0, repetitions: 0 };
afterAll(() => console.log(`alerts, any life: ${JSON.stringify(explored)}`));

test('each change of state is told exactly once, in order', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      const phone = await receiver();
      const alerts = `  phone: { on: [critical], to: [{ webhook: "${phone.url}" }], digest: 2s, retry: { backoff: 1s..20s, for: 365d } }\n`;
      const realm = await alerted(alerts, { hangs: [phone] });
      const wanted: string[] = [];
      for (const one of steps) await carryOut(one, realm, phone, wanted);
      phone.mood = 200;
      await phone.down();
      await phone.up();
      await realm.pass(300_000);
      const ids = phone.got.flatMap(({ body }) => body.items.map(({ id }) => id));
      explored.runs += 1;
      explored.changes += wanted.length;
      explored.repetitions += ids.length - new Set(ids).size;
      expect(phone.heard()).toEqual(wanted);
      await realm.close();
      await phone.down();
    }),
    { numRuns: 40, examples: [[LOST]] },
  );
  expect(explored.repetitions).toBeGreaterThan(0); // answers were lost
});

async function carryOut(one: Step, realm: Alerted, phone: Receiver, wanted: string[]): Promise<void> {
  if (one.is === 'mood') phone.mood = one.mood;
  else if (one.is === 'passes') await realm.pass(one.ms);
  else if (one.is === 'jumps') realm.realm.clock.jump(one.ms);
  else if (one.is === 'restarts') await realm.again();
  else if (one.is === 'down') await phone.down();
  else if (one.is === 'up') {
    await phone.down();
    await phone.up();
  } else if ('name' in one) {
    const isOpening = one.is === 'opens';
    const ref = `service/${one.name}`;
    const last = wanted.findLast((line) => line.startsWith(ref))?.slice(ref.length + 1) ?? 'recovered';
    const state = isOpening ? 'crashlooping' : 'recovered';
    if (last !== state) wanted.push(`${ref} ${state}`);
    if (isOpening) await realm.emit('service.crashlooping', crashLoop(one.name));
    else await realm.emit('condition.changed', calm(one.name));
  }
}
