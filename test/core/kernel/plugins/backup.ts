// A freshness kind in about fifty lines: a backup is wanted for the latest due slot; stale evidence is drift.
import {
  again,
  definePlugin,
  latestSlot,
  nextSlot,
  parseSchedule,
  type Resource,
  runKey,
  s,
} from 'realm-runner/plugin';

interface Spec {
  readonly schedule: string;
  readonly zone: string;
  readonly lateAfter: number;
}
interface State {
  readonly newest: number | null;
  readonly running: boolean;
}
const due = ({ schedule, zone }: Spec, now: number): number | undefined =>
  latestSlot(parseSchedule(schedule, zone), now);
const isFresh = (spec: Spec, state: State | null, now: number): boolean =>
  (due(spec, now) ?? 0) <= (state?.newest ?? 0);
const backupSpec = s.object({ schedule: s.schedule(), zone: s.timezone(), lateAfter: s.duration().default('1h') });

export default definePlugin({
  name: 'backup-sim',
  summary: 'Keeps a backup for every due slot.',
  setup(realm) {
    realm.action({
      name: 'backup-sim.run',
      summary: 'Make one.',
      input: s.object({ slot: s.integer() }),
      effect: 'write',
      long: true,
      run: async ({ slot }) => slot,
    });
    realm.kind({
      name: 'backup',
      section: 'backups',
      spec: backupSpec,
      state: s.object({ newest: s.union(s.integer()), running: s.boolean() }),
      resyncMs: 0,
      removal: 'forget',
      observe: async ({ ref }: Resource<Spec>, ctx): Promise<State> => {
        const runs = ctx.runs(`${ref}@`);
        const newest = runs.find(({ state }) => state === 'succeeded')?.key.split('@')[1];
        return {
          newest: newest === undefined ? null : Date.parse(newest),
          running: runs.some(({ state }) => state === 'queued' || state === 'running'),
        };
      },
      diff: (spec: Spec, state: State | null, _last, now) =>
        isFresh(spec, state, now) || due(spec, now) === undefined
          ? []
          : [{ action: 'update', path: 'newest', because: 'BackupDue', reason: 'drift' }],
      conditions: (spec: Spec, state: State | null, now) => {
        const fresh = isFresh(spec, state, now) || now - due(spec, now)! <= spec.lateAfter;
        return [{ type: 'Fresh', status: fresh ? 'True' : 'False', reason: fresh ? 'Recent' : 'Stale', message: '' }];
      },
      next: ({ schedule, zone }: Spec, _state, now) => nextSlot(parseSchedule(schedule, zone), now),
      apply: async ({ ref, spec }: Resource<Spec>, _changes, ctx) => {
        const slot = due(spec, ctx.now())!;
        await ctx.start({ action: 'backup-sim.run', key: runKey(ref, slot), input: { slot } });
        return again(6 * 3_600_000, 'a run is going');
      },
    });
  },
});
