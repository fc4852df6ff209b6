// How an agent is: a table of situations, and what holds whatever happens to it.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { beatOf } from '../../../plugins/agents/beat.ts';
import { decide, isWell, suspectAfter } from '../../../plugins/agents/decide.ts';
import type { Beat, Facts, State } from '../../../plugins/agents/facts.ts';
import { stepOf } from '../../../plugins/agents/recovery/course.ts';
import { beatAt, down, factsOf, heldDown, MIN, NOW, recoveryOf, running, S, specOf } from './world.ts';

const SPEC = specOf();
const PAUSE = { effect: 'pause', why: 'lunch', actor: 'user:ann' };
const silentFor = (ms: number, more: Partial<Facts> = {}): Facts => factsOf({ beat: beatAt(NOW - ms), ...more });
const stateOf = (facts: Facts, spec = SPEC): State => decide(spec, facts, NOW).state;

describe('with heartbeats', () => {
  const rows: readonly (readonly [string, Facts, State])[] = [
    ['heard just now', factsOf(), 'alive'],
    ['W: idle, and it beats: it is alive', factsOf({ beat: beatAt(NOW - S, { says: 'idle' }) }), 'idle'],
    ['busy', factsOf({ beat: beatAt(NOW - S, { says: 'busy' }) }), 'busy'],
    ['silent for less than three beats', silentFor(3 * MIN - 1), 'alive'],
    ['silent for three beats', silentFor(3 * MIN), 'suspect'],
    ['silent until death', silentFor(30 * MIN - 1), 'suspect'],
    ['silent for half an hour', silentFor(30 * MIN), 'dead'],
    ['never heard, whatever the time', factsOf({ beat: null }), 'unknown'],
    [
      'W: never heard is not dead, though its service loops',
      factsOf({ beat: null, service: down(NOW, { failed: 'its service ended 5 times' }) }),
      'unknown',
    ],
    ['just started for the first time', factsOf({ beat: null, service: running(NOW - S) }), 'starting'],
    ['started again, and not heard yet', silentFor(60 * MIN, { service: running(NOW - S) }), 'starting'],
    ['started long ago, and never heard since', silentFor(60 * MIN, { service: running(NOW - 31 * MIN) }), 'dead'],
    [
      'it ends and is started again and again before it is heard',
      silentFor(60 * MIN, { service: running(NOW - S), unheardSince: NOW - 30 * MIN }),
      'dead',
    ],
    ['its service loops', factsOf({ service: down(NOW, { failed: 'its service ended 5 times' }) }), 'dead'],
    ['between two lives', silentFor(S, { service: down(NOW) }), 'alive'],
    [
      'it waits for another',
      silentFor(60 * MIN, { service: down(NOW - 59 * MIN, { waitsFor: 'waits for agent/y to be ready' }) }),
      'starting',
    ],
    ['its home is gone', factsOf({ home: 'missing' }), 'dead'],
    ['its home is gone, and it was never heard', factsOf({ home: 'missing', beat: null }), 'unknown'],
    ['nobody listens', silentFor(60 * MIN, { listeningSince: null }), 'suspect'],
    [
      'W: the machine slept for a day: silence counts from when somebody listens',
      silentFor(24 * 60 * MIN, { listeningSince: NOW - S }),
      'suspect',
    ],
    ['listened to long enough after that', silentFor(24 * 60 * MIN, { listeningSince: NOW - 3 * MIN }), 'dead'],
    ['paused', silentFor(60 * MIN, { word: PAUSE }), 'paused'],
    ['paused in a recovery', factsOf({ word: PAUSE, recovery: recoveryOf() }), 'paused'],
    ['in a recovery', factsOf({ recovery: recoveryOf() }), 'recovering'],
    [
      'given up',
      silentFor(60 * MIN, { recovery: recoveryOf({ phase: 'escalated', endedAt: NOW - 9 * MIN }) }),
      'escalated',
    ],
    [
      'given up, and heard since',
      factsOf({ recovery: recoveryOf({ phase: 'escalated', endedAt: NOW - 9 * MIN }) }),
      'alive',
    ],
    [
      'recovered, and silent again',
      silentFor(30 * MIN, { recovery: recoveryOf({ phase: 'recovered', endedAt: NOW - 60 * MIN }) }),
      'dead',
    ],
    ['its clock is ahead', factsOf({ beat: beatAt(NOW, { skewMs: 60 * MIN }) }), 'alive'],
  ];
  test.each(rows)('%s', (_what, facts, state) => {
    expect(decide(SPEC, facts, NOW)).toMatchObject({ state, why: expect.stringMatching(/./) as string });
  });

  test('W: IDLE and DEAD do not overlap: there is one state at each moment, and time alone takes it only one way', () => {
    const order: readonly State[] = ['alive', 'suspect', 'dead'];
    const states = Array.from({ length: 60 * 12 }, (_, at) => order.indexOf(stateOf(silentFor(at * 5 * S))));
    expect(new Set(states)).toEqual(new Set([0, 1, 2]));
    expect(states).toEqual(states.toSorted((one, other) => one - other));
  });

  test('W: death comes to an agent that was heard, and the recovery begins by itself', () => {
    expect(stepOf(SPEC, silentFor(30 * MIN), NOW)).toMatchObject({ do: 'begin', by: 'death' });
    expect(stepOf(SPEC, silentFor(30 * MIN - 1), NOW)).toEqual({ do: 'nothing' });
  });

  test('a pause holds whatever is going on: a death, a recovery, a wish for one', () => {
    const asked = { id: 'r1', at: NOW, by: 'user:ann', why: 'a test', from: null };
    for (const more of [{ recovery: recoveryOf() }, { recovery: recoveryOf({ phase: 'starting' }) }, { asked }])
      expect(stepOf(SPEC, silentFor(60 * MIN, { ...more, word: PAUSE }), NOW)).toEqual({ do: 'nothing' });
    expect(stepOf(SPEC, factsOf({ asked }), NOW)).toMatchObject({ do: 'begin', by: 'user:ann' });
  });

  test('once suspect, one beat is not enough', () => {
    const late = beatAt(NOW - S, { steadySince: NOW - S });
    expect(decide(SPEC, factsOf({ beat: late, was: 'suspect' }), NOW)).toMatchObject({
      state: 'suspect',
      at: NOW - S + 3 * MIN,
    });
    expect(stateOf(factsOf({ beat: late, was: 'starting' }))).toBe('alive');
    expect(stateOf(factsOf({ beat: beatAt(NOW - S, { steadySince: NOW - 3 * MIN }), was: 'suspect' }))).toBe('alive');
  });
});

describe('without heartbeats it lives while its service is ready', () => {
  const spec = specOf({ heartbeat: undefined });
  const rows: readonly (readonly [string, Facts, State])[] = [
    ['ready', factsOf({ beat: null }), 'alive'],
    ['not ready yet', factsOf({ beat: null, service: running(NOW, { isReady: false }) }), 'starting'],
    ['looping, and never ready for long', factsOf({ beat: null, service: down(NOW, { failed: 'loops' }) }), 'unknown'],
    ['looping, after it was ready', factsOf({ service: down(NOW, { failed: 'loops' }) }), 'dead'],
    ['held by what it comes after', factsOf({ service: heldDown(NOW) }), 'starting'],
    ['down for no reason that is known', factsOf({ service: down(NOW) }), 'suspect'],
  ];
  test.each(rows)('%s', (_what, facts, state) => expect(stateOf(facts, spec)).toBe(state));
});

type Happening =
  | { readonly do: 'beat' | 'put back' | 'restart' | 'pause' | 'resume' | 'sleep' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'set clock'; readonly byMs: number };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ do: 'beat' as const }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(S, 30 * S, MIN, 2 * MIN, 4 * MIN, 29 * MIN, 31 * MIN),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('restart', 'pause', 'resume', 'sleep', 'put back') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('set clock' as const),
      byMs: fc.constantFrom(-60 * MIN, 60 * MIN, 365 * 24 * 60 * MIN),
    }),
  },
);
/** How far the clock of an agent is off. */
const clock = fc.constantFrom(0, 0, 5 * S, -5 * S, 60 * MIN, -60 * MIN, -365 * 24 * 60 * MIN);

test('whatever happens: never heard is never dead, the dead were silent, a pause is a pause, and one late beat does not make well', () => {
  const seen: Record<string, number> = {};
  fc.assert(
    fc.property(clock, fc.array(happening, { minLength: 5, maxLength: 120, size: 'max' }), (skewMs, happenings) => {
      let now = NOW;
      let beat: Beat | null = null;
      let word: Facts['word'] = null;
      let was: State | null = null;
      let startedAt = NOW;
      let listeningSince = NOW;
      /** By a clock that nobody sets. */
      let real = 0;
      let heardAt = -Infinity;
      let isJumped = false;
      const patience = suspectAfter(SPEC);
      for (const [index, one] of happenings.entries()) {
        // A clock set back under an agent whose own is behind cannot be told from a file that was put back.
        if (one.do === 'set clock' && one.byMs < 0 && skewMs < -5 * S) continue;
        if (one.do === 'wait') [now, real] = [now + one.ms, real + one.ms];
        if (one.do === 'sleep') [now, real, listeningSince] = [now + 600 * MIN, real + 600 * MIN, now + 600 * MIN];
        if (one.do === 'set clock') [now, listeningSince] = [now + one.byMs, now + one.byMs];
        isJumped ||= one.do === 'sleep' || (one.do === 'set clock' && one.byMs > 0);
        if (one.do === 'restart') startedAt = now;
        if (one.do === 'pause') word = PAUSE;
        if (one.do === 'resume') word = null;
        if (one.do === 'beat') {
          beat = beatOf({ stamp: String(index), at: now + skewMs, says: null }, beat, now, patience, true);
          heardAt = real;
        }
        // A restore puts an older file there: nobody was heard.
        if (one.do === 'put back' && beat !== null) {
          const sign = { stamp: String(index), at: beat.madeAt - 30 * MIN, says: null };
          beat = beatOf(sign, beat, now, patience, true);
        }
        const facts = factsOf({ beat, word, was, listeningSince, service: running(startedAt) });
        const verdict = decide(SPEC, facts, now);
        seen[verdict.state] = (seen[verdict.state] ?? 0) + 1;
        if (word !== null) {
          expect(verdict.state).toBe('paused');
          expect(stepOf(SPEC, facts, now)).toEqual({ do: 'nothing' });
          continue;
        }
        if (beat === null) expect(['starting', 'unknown']).toContain(verdict.state);
        // However a clock is set: it was really silent, for as long as makes suspect; and until death where none was.
        if (verdict.state === 'dead') {
          const { deadAfter } = SPEC.heartbeat!;
          expect(real - heardAt).toBeGreaterThanOrEqual(isJumped ? patience : deadAfter);
        }
        // Nothing happens until `at`: the answer stays. (What lies ahead of a clock that went back comes by itself.)
        const until = Math.min(verdict.at ?? Infinity, now + 600 * MIN);
        if (until > now + 1 && startedAt <= now && (beat?.at ?? 0) <= now)
          expect(decide(SPEC, { ...facts, was: verdict.state }, until - 1).state).toBe(verdict.state);
        // Hysteresis: well again only after beats that were not late for as long.
        const steadyFor = beat === null ? 0 : now - beat.steadySince;
        if (was === 'suspect' && isWell(verdict.state) && steadyFor >= 0)
          expect(steadyFor).toBeGreaterThanOrEqual(patience);
        was = verdict.state;
      }
    }),
    { numRuns: 400 },
  );
  console.log('agents, what they were:', JSON.stringify(seen));
  expect(Object.keys(seen).toSorted()).toEqual(['alive', 'dead', 'paused', 'starting', 'suspect', 'unknown']);
});

test('an agent that beats in its rhythm is well all the time, whatever its clock says and however the clock of the machine is set', () => {
  const steps = fc.array(fc.constantFrom(0, 0, 0, 60 * MIN, -60 * MIN), { minLength: 2, maxLength: 100 });
  fc.assert(
    fc.property(clock, steps, (skewMs, all) => {
      let now = NOW;
      let beat: Beat | null = null;
      let was: State = 'starting';
      let listeningSince = NOW;
      const startedAt = NOW;
      for (const [index, step] of all.entries()) {
        const stepMs = skewMs < -5 * S ? Math.abs(step) : step; // both at once cannot be told from a file that was put back
        now += MIN + stepMs;
        if (stepMs !== 0) listeningSince = now;
        beat = beatOf({ stamp: String(index), at: now + skewMs, says: null }, beat, now, suspectAfter(SPEC), true);
        const { state } = decide(SPEC, factsOf({ beat, was, listeningSince, service: running(startedAt) }), now);
        expect(isWell(state), `${state} at ${index}`).toBe(true);
        was = state;
      }
    }),
    { numRuns: 200 },
  );
});
