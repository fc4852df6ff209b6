// What every kind must keep, each rule as one check that throws a sentence when it is broken.
import type { Resource } from '../contract/kind.ts';
import { inspect } from 'node:util';
import { systemClock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { deepEqual } from '../model/spec.ts';
import { withBudget } from '../registry/budget.ts';
import { lookDenied } from './denied.ts';
import { misfit } from './fits.ts';
import { differences, filesOf, pictureOf } from './folder.ts';
import { checkPure } from './pure.ts';
import type { Passed, TestRealm } from './realm.ts';

/** Everything a check needs; a fresh one for each. */
export interface Bench {
  readonly realm: TestRealm;
  readonly kind: string;
  readonly spec: object;
  /** Another spec of the same thing. */
  readonly other: object | undefined;
  /** A spec that is another thing, by `identity`. */
  readonly moved: object | undefined;
  /** Harms the thing behind Realm's back. */
  readonly spoil: (() => Promise<void> | void) | undefined;
  /** Path of the plugin's module, when it can be loaded in another process. */
  readonly module: string | undefined;
  readonly settings: Readonly<Record<string, object>>;
  readonly secrets: Readonly<Record<string, string>>;
}

export interface KindCheck {
  readonly name: string;
  /** Whether the kind promises this at all. */
  applies(bench: Bench): boolean;
  run(bench: Bench): Promise<void>;
}

const OBEY_MS = 1_000;

const observes = ({ realm, kind }: Bench): boolean => realm.kind(kind).observe !== undefined;
const applies = (bench: Bench): boolean => observes(bench) && bench.realm.kind(bench.kind).apply !== undefined;
const removes = (bench: Bench): boolean => applies(bench) && bench.realm.kind(bench.kind).remove !== undefined;

export const kindChecks: readonly KindCheck[] = [
  {
    name: 'the spec is valid, and pure functions are pure',
    applies: () => true,
    async run({ realm, kind, spec, other }) {
      const want = realm.want(kind, spec);
      checkPure(realm.kind(kind), want, null, realm.clock.now());
      if (other !== undefined) checkPure(realm.kind(kind), realm.want(kind, other), null, realm.clock.now());
    },
  },
  {
    name: 'what is not there is seen as null',
    applies: applies,
    async run({ realm, kind, spec }) {
      const seen = await seenState(realm, realm.want(kind, spec));
      if (seen !== null) throw new Error(`observe answered ${show(seen)} before anything was applied`);
    },
  },
  {
    name: 'observe touches nothing',
    applies: observes,
    async run({ realm, kind, spec }) {
      const want = realm.want(kind, spec);
      await untouched(realm, want, 'while the thing is absent');
      if (realm.kind(kind).apply === undefined) return;
      mustConverge(await realm.apply(want));
      await untouched(realm, want, 'while the thing is there');
    },
  },
  {
    name: 'observe works with writes and processes denied by the runtime',
    applies: (bench) => observes(bench) && bench.module !== undefined,
    async run({ realm, kind, spec, module, settings, secrets }) {
      const want = realm.want(kind, spec);
      if (realm.kind(kind).apply !== undefined) mustConverge(await realm.apply(want));
      const here = await seenState(realm, want);
      const there = await lookDenied({
        module: module!,
        kind,
        spec,
        settings,
        secrets,
        root: realm.root,
        now: realm.clock.now(),
      });
      if (!deepEqual(JSON.parse(JSON.stringify(here)), there))
        throw new Error(`observe answered ${show(there)} with writes denied, and ${show(here)} otherwise`);
    },
  },
  {
    name: 'apply converges, and the state fits its schema',
    applies,
    async run({ realm, kind, spec, other }) {
      for (const written of [spec, other, spec]) {
        if (written === undefined) continue;
        const want = realm.want(kind, written);
        const { state } = mustConverge(await realm.apply(want));
        if (state === null) throw new Error('nothing differs any more although nothing is there');
        const wrong = misfit(realm.kind(kind).state!, state);
        if (wrong !== undefined) throw new Error(`the state does not fit its schema: ${wrong}`);
        checkPure(realm.kind(kind), want, state, realm.clock.now());
      }
    },
  },
  {
    name: 'applying what is true already changes nothing',
    applies,
    async run({ realm, kind, spec }) {
      const want = realm.want(kind, spec);
      mustConverge(await realm.apply(want));
      const { changes } = mustConverge(await realm.apply(want));
      if (changes.length > 0) throw new Error(`the second pass found ${show(changes)}`);
    },
  },
  {
    name: 'apply is idempotent: called again by a kernel that forgot, it ends in the same place',
    applies,
    async run({ realm, kind, spec }) {
      const want = realm.want(kind, spec);
      const first = mustConverge(await realm.apply(want));
      await realm.kind(kind).apply!(want, first.changes, realm.contextFor(kind));
      const again = mustConverge(await realm.apply(want));
      if (again.changes.length > 0) throw new Error(`applying twice in a row left ${show(again.changes)}`);
    },
  },
  {
    name: 'a crash between apply and its second look is healed',
    applies,
    async run({ realm, kind, spec, other }) {
      mustConverge(await realm.apply(realm.want(kind, spec), { settle: false }));
      realm.restart(); // nothing remembered, nothing written down
      mustConverge(await realm.apply(realm.want(kind, other ?? spec)));
    },
  },
  {
    name: 'an aborted signal is obeyed within a second, and the next pass converges',
    applies,
    async run({ realm, kind, spec }) {
      const want = realm.want(kind, spec);
      const stop = new AbortController();
      const { apply, observe } = realm.kind(kind);
      const looked = observe!(want, realm.contextFor(kind, stop.signal));
      const going = apply!(want, [{ action: 'create', path: '' }], realm.contextFor(kind, stop.signal));
      stop.abort(new Error('the pass is over'));
      await endsSoon(looked, 'observe');
      await endsSoon(going, 'apply');
      mustConverge(await realm.apply(want));
    },
  },
  {
    name: 'what somebody changes by hand is seen and healed',
    applies: (bench) => applies(bench) && bench.spoil !== undefined,
    async run({ realm, kind, spec, spoil }) {
      const want = realm.want(kind, spec);
      mustConverge(await realm.apply(want));
      await spoil!();
      const { changes } = mustConverge(await realm.apply(want));
      if (changes.length === 0) throw new Error('the harm that `spoil` did was not seen');
    },
  },
  {
    name: 'another identity is another thing: the old one leaves nothing behind',
    applies: (bench) => removes(bench) && bench.moved !== undefined,
    async run({ realm, kind, spec, moved }) {
      const before = await pictureOf(realm.root);
      const old = realm.want(kind, spec, 'old');
      const young = realm.want(kind, moved!, 'young');
      mustConverge(await realm.apply(old));
      mustConverge(await realm.apply(young));
      await realm.remove(old);
      if ((await seenState(realm, old)) !== null) throw new Error('the old thing is still there after its removal');
      if ((await seenState(realm, young)) === null) throw new Error('removing the old thing took the new one along');
      await realm.remove(young);
      const left = filesOf(await pictureOf(realm.root)).filter((name) => !(name in before));
      if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
    },
  },
  {
    name: 'removing is complete, and fine when there is nothing',
    applies: removes,
    async run({ realm, kind, spec }) {
      const want = realm.want(kind, spec);
      await realm.remove(want);
      mustConverge(await realm.apply(want));
      await realm.remove(want);
      const seen = await seenState(realm, want);
      if (seen !== null) throw new Error(`after remove, observe still answers ${show(seen)}`);
      await realm.remove(want);
    },
  },
];

function mustConverge(passed: Passed): Passed {
  if (passed.converged) return passed;
  throw new Error(`it does not converge (${passed.why}); what differs: ${show(passed.left)}`);
}

async function seenState(realm: TestRealm, want: Resource): Promise<unknown> {
  const seen = await realm.look(want);
  if (seen.is === 'seen') return seen.state;
  throw new Error(`observe gave no state: ${'why' in seen ? seen.why : seen.is}`);
}

async function untouched(realm: TestRealm, want: Resource, when: string): Promise<void> {
  const before = await pictureOf(realm.root);
  await realm.look(want);
  const found = differences(before, await pictureOf(realm.root));
  if (found.length > 0) throw new Error(`observe touched something ${when}: ${found.join('; ')}`);
}

/** Failing is obeying too; only going on is not. */
async function endsSoon(work: Promise<unknown>, what: string): Promise<void> {
  const ended = work.then(
    () => true,
    () => true,
  );
  await withBudget(() => ended, {
    ms: OBEY_MS,
    clock: systemClock,
    what: `${what}, after its signal was aborted,`,
  }).catch((error: unknown) => {
    throw new Error(messageOf(error), { cause: error });
  });
}

const show = (value: unknown): string => inspect(value, { depth: 4, breakLength: Infinity }).slice(0, 200);
