// A recovery ends, whatever becomes of its runs and however often the daemon dies: alive from a good snapshot, or as it was before.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Facts, ServiceFacts } from '../../../../plugins/agents/facts.ts';
import { type Step, stepOf } from '../../../../plugins/agents/recovery/course.ts';
import { holdsService, isOver, type Try } from '../../../../plugins/agents/recovery/row.ts';
import { beatAt, down, factsOf, heldDown, MIN, NOW, recoveryOf, running, S, specOf } from '../world.ts';
import { type Plan, World } from './model.ts';

const PASSES = 600;
const TRY: Try = {
  at: NOW,
  snapshots: [],
  top: null,
  uid: null,
  remarks: [],
  restoredAt: null,
  outcome: 'going',
  stays: null,
  why: null,
};
const plain: Plan = { snapshots: [true], runs: [], kills: [], naps: [], isHomeGood: false };

async function lived(plan: Plan, written: object = {}, isAsked = false): Promise<World> {
  const world = new World(plan, written);
  if (isAsked) world.ask();
  for (let passes = 0; passes < PASSES; passes++) {
    await world.pass();
    const { recovery } = world;
    if (recovery !== null && isOver(recovery) && (await world.pass()).do === 'nothing') return world;
  }
  throw new Error(`no end: ${JSON.stringify(world.recovery)}`);
}
const told = (world: World, type: string): number => world.events.filter((event) => event.type === type).length;

test('the newest brings it back: stopped, restored, started, heard', async () => {
  const world = await lived({ ...plain, snapshots: [true, true] });
  expect(world.recovery).toMatchObject({
    phase: 'recovered',
    attempts: 1,
    tries: [{ outcome: 'recovered', top: 's0' }],
  });
  expect(world.home).toBe('s0');
  expect(world.events.map(({ type }) => type)).toEqual(['agent.recoveryBegan', 'agent.restored', 'agent.recovered']);
});

test('W: restart, wait for the heartbeat, escalation: what does not come back is taken back, and an older one is tried', async () => {
  const world = await lived({ ...plain, snapshots: [false, false, true] });
  expect(world.restored).toEqual(['s0', 's1', 's2']);
  expect(world.recovery).toMatchObject({ phase: 'recovered', attempts: 3 });
  expect(world.home).toBe('s2');
});

test('the limit: a person is asked, and what was there before is there', async () => {
  const world = await lived({ ...plain, snapshots: [false, false, false, true] });
  expect(world.recovery).toMatchObject({ phase: 'escalated', attempts: 3 });
  expect(world.home).toBe('bad home');
  expect(told(world, 'agent.escalated')).toBe(1);
  expect(holdsService(world.recovery)).toBe(false);
});

test('without any snapshot it is started anew once, and then a person is asked', async () => {
  const world = await lived({ ...plain, snapshots: [] });
  expect(world.recovery).toMatchObject({ phase: 'escalated', attempts: 1, tries: [{ top: null, outcome: 'failed' }] });
  expect(await lived({ ...plain, snapshots: [], isHomeGood: true })).toMatchObject({ home: 'good home' });
});

test('given up, and heard all the same: it is over', async () => {
  const world = await lived({ ...plain, snapshots: [false], runs: [] }, { attempts: 1 });
  expect(world.recovery!.phase).toBe('escalated');
  world.home = 'good home'; // a person mends it, and starts it
  world.ask();
  for (let passes = 0; passes < 20; passes++) await world.pass();
  expect(world.recovery!.phase).toBe('recovered');
});

test('a run that is lost with its process is begun again, and is no try', async () => {
  const world = await lived({ ...plain, runs: ['lost', 'lost', 'lost', 'good'] });
  expect(world.recovery).toMatchObject({ phase: 'recovered', attempts: 1 });
  expect((await lived({ ...plain, runs: Array<'lost'>(4).fill('lost') })).recovery).toMatchObject({ attempts: 1 });
});

test('a run that was ended together with the daemon is begun again; one that a person cancelled has failed', () => {
  for (const phase of ['restoring', 'clearing'] as const) {
    const recovery = recoveryOf({ phase, attempts: 1, tries: [{ ...TRY, uid: 'u1', top: 's0', outcome: 'failed' }] });
    const run = { id: 'x', isOver: true, isGood: false, isCutOff: true, reason: 'cancelled: realm down', output: null };
    const next = (isCutOff: boolean, lost = 0): string =>
      stepOf(
        specOf(),
        factsOf({ recovery: { ...recovery, lost }, run: { ...run, isCutOff }, service: heldDown(NOW) }),
        NOW,
      ).do;
    expect(next(true)).toBe('again');
    expect(next(false)).not.toBe('again');
    expect(next(true, 3)).not.toBe('again');
  }
});

test('dead again within the cool-down: that one goes on, and what failed twice is poison', async () => {
  const world = await lived({ ...plain, snapshots: [true, true, true] }, { attempts: 5, coolDown: '1h' });
  const die = async (): Promise<void> => {
    world.home = 'bad home';
    for (let passes = 0; passes < 60; passes++) await world.pass();
    expect(world.recovery!.phase).toBe('recovered');
  };
  await die();
  expect(world.restored).toEqual(['s0', 's0']);
  expect(world.recovery).toMatchObject({ id: 'r2', attempts: 2 });
  await die();
  expect(world.restored).toEqual(['s0', 's0', 's1']);
  await die();
  await die();
  expect(world.recovery).toMatchObject({ attempts: 5 });
  world.home = 'bad home';
  for (let passes = 0; passes < 60; passes++) await world.pass();
  expect(world.recovery).toMatchObject({ phase: 'escalated', attempts: 5 });
  expect(world.restored).toHaveLength(5);
});

test('what was poison is tried again when a person asks for it: what it died of may be mended', async () => {
  const world = await lived({ ...plain, snapshots: [false, false] }, { coolDown: '0s' });
  for (let recoveries = 2; recoveries <= 3; recoveries++) {
    world.ask();
    for (let passes = 0; passes < 60; passes++) await world.pass();
    expect(world.recovery).toMatchObject({ id: `r${recoveries}`, phase: 'escalated' });
  }
  expect(world.restored).toEqual(['s0', 's1', 's0', 's1', 's0', 's1']);
});

test('what could not be taken back is said', async () => {
  const { recovery, home } = await lived(
    { ...plain, snapshots: [false], runs: ['good', 'failed' as const] },
    { attempts: 1 },
  );
  expect(home).toBe('s0');
  expect(recovery).toMatchObject({ phase: 'escalated', tries: [{ outcome: 'failed', stays: 'failed: so it is' }] });
  const well = await lived({ ...plain, snapshots: [false] }, { attempts: 1 });
  expect(well.recovery!.tries).toMatchObject([{ stays: null }]);
});

test('a start is judged by its own life, in the time since it could start', () => {
  const spec = specOf({ recoverWithin: '5m' });
  const recovery = recoveryOf({ phase: 'starting', since: NOW - S, attempts: 1 });
  const next = (more: Partial<Facts>): Step =>
    stepOf(spec, factsOf({ beat: beatAt(NOW - 31 * MIN), recovery, ...more }), NOW);
  const loops = (failedSince: number): ServiceFacts => down(failedSince, { failed: 'loops', failedSince });
  expect(next({ service: loops(NOW - MIN) }).do).toBe('wait'); // the life before
  expect(next({ service: loops(NOW) })).toEqual({ do: 'fail', why: 'loops' });
  const late = recoveryOf({ phase: 'starting', since: NOW - 5 * MIN, attempts: 1 });
  expect(next({ recovery: late }).do).toBe('fail');
  // What it comes after is away, or has been back for a moment only.
  expect(next({ recovery: late, freeSince: null }).do).toBe('wait');
  expect(next({ recovery: late, freeSince: NOW - MIN })).toMatchObject({ do: 'wait', at: NOW + 4 * MIN });
  // Of a beat before its start nobody knows whether it lives.
  expect(next({ beat: beatAt(NOW - S / 2), service: running(NOW) }).do).toBe('wait');
  expect(next({ beat: beatAt(NOW), service: running(NOW - S / 2) }).do).toBe('recovered');
});

const plans: fc.Arbitrary<Plan> = fc.record({
  snapshots: fc.array(fc.boolean(), { maxLength: 5 }),
  runs: fc.array(fc.constantFrom('good' as const, 'good' as const, 'failed' as const, 'lost' as const), {
    maxLength: 8,
  }),
  kills: fc.uniqueArray(fc.record({ at: fc.nat(40), isAfter: fc.boolean() }), {
    maxLength: 12,
    selector: ({ at }) => at,
  }),
  naps: fc.uniqueArray(fc.nat(60), { maxLength: 2 }),
  isHomeGood: fc.boolean(),
});

test('any snapshots, any fate of the runs, and a daemon that dies at any effect, a machine that is off: it ends well or as it was, and nothing runs meanwhile', async () => {
  const ends: Record<string, number> = {};
  await fc.assert(
    fc.asyncProperty(plans, fc.boolean(), async (plan, isAsked) => {
      const world = await lived(plan, {}, isAsked);
      const { phase, attempts, tries } = world.recovery!;
      expect(world.complaints).toEqual([]);
      expect(attempts).toBeLessThanOrEqual(3);
      expect(tries).toHaveLength(attempts);
      const tops = tries.flatMap(({ top }) => top ?? []);
      expect(new Set(tops).size).toBe(tops.length); // never the same twice in one recovery
      // Nor is one that would bring it back given up for what the machine or the daemon did.
      const isGood = (top: string | null): boolean => top !== null && plan.snapshots[Number(top.slice(1))] === true;
      expect(tries.filter(({ top, outcome }) => isGood(top) && outcome === 'failed')).toEqual([]);
      const undoFailed = plan.runs.includes('failed') || plan.runs.includes('lost') || plan.naps.length > 0;
      if (phase === 'escalated' && !undoFailed) expect(world.home).toMatch(/home$/);
      // Or it was given up, and is heard in the home that it had.
      const last = tries.at(-1);
      if (phase === 'recovered' && last?.outcome === 'recovered' && last.top !== null)
        expect(plan.snapshots[Number(last.top.slice(1))]).toBe(true);
      else if (phase === 'recovered' && !undoFailed) expect(world.home).toBe('good home');
      expect(holdsService(world.recovery)).toBe(false);
      const end = `${phase}, ${world.kills === 0 ? 'no' : 'some'} kills`;
      ends[end] = (ends[end] ?? 0) + 1;
    }),
    { numRuns: 500 },
  );
  console.log('recoveries:', JSON.stringify(ends));
  expect(Object.keys(ends)).toHaveLength(4);
});
