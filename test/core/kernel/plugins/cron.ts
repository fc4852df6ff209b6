// An occurrence kind: a task that is due at times. A missed one is history, never drift; apply starts none.
import { definePlugin, dueSlots, nextSlot, parseSchedule, type Resource, runKey, s } from 'realm-runner/plugin';

interface Spec {
  readonly schedule: string;
  readonly zone: string;
}
interface State {
  readonly lastDone: number | null;
  readonly registeredAt: number;
}

export default definePlugin({
  name: 'cron-sim',
  summary: 'Tasks that are due at times.',
  setup(realm) {
    realm.action({
      name: 'cron-sim.run',
      summary: 'Run one.',
      input: s.object({ slot: s.integer() }),
      effect: 'write',
      long: true,
      run: async ({ slot }) => slot,
    });
    realm.kind({
      name: 'task',
      section: 'tasks',
      spec: s.object({ schedule: s.schedule(), zone: s.timezone() }),
      state: s.object({ registeredAt: s.integer() }) as never,
      resyncMs: 0,
      removal: 'forget',
      observe: async ({ ref }: Resource<Spec>, ctx): Promise<State> => {
        const newest = ctx.runs(`${ref}@`, 1)[0]?.key.split('@')[1];
        return {
          lastDone: newest === undefined ? null : Date.parse(newest),
          registeredAt: Date.parse('2026-01-01T00:00:00Z'),
        };
      },
      diff: () => [],
      next: ({ schedule, zone }: Spec, _state, now) => nextSlot(parseSchedule(schedule, zone), now),
      due: ({ schedule, zone }: Spec, state: State | null, now, { ref }) =>
        dueSlots(parseSchedule(schedule, zone), {
          lastDone: state?.lastDone ?? state?.registeredAt ?? now,
          now,
          catchUp: 'latest',
          windowMs: 30 * 86_400_000,
          cap: 1,
        }).slots.map((slot) => ({
          action: 'cron-sim.run',
          key: runKey(ref, slot),
          input: { slot },
          trigger: now - slot < 60_000 ? 'schedule' : 'catch-up',
        })),
    });
  },
});
