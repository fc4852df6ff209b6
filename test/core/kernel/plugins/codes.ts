// Actions and a kind that go wrong in ways of their own, each with a code.
import { rm } from 'node:fs/promises';
import { definePlugin, nextSlot, parseSchedule, s } from 'realm-runner/plugin';

export default definePlugin({
  name: 'codes',
  summary: 'Goes wrong with a code.',
  setup(realm) {
    realm.kind({
      name: 'stuck',
      section: 'stucks',
      spec: s.object({ path: s.path() }),
      state: s.object({ path: s.path() }),
      observe: async ({ spec }) => ({ path: spec.path }), // always there, whatever is removed
      apply: async () => {},
      remove: ({ spec }) => rm(spec.path, { force: true }),
    });
    realm.action({
      name: 'codes.emit',
      summary: 'Looks, and emits all the same.',
      input: s.object({}),
      effect: 'read',
      run: async (_input, ctx) => ctx.emit('realm.stopped', { reason: 'not at all' }),
    });
    realm.action({
      name: 'codes.schedule',
      summary: 'Reads a schedule.',
      input: s.object({ pattern: s.string() }),
      effect: 'read',
      run: async ({ pattern }) => nextSlot(parseSchedule(pattern, 'Europe/Berlin'), 0) ?? null,
    });
    realm.action({
      name: 'codes.quick',
      summary: 'Ends at once.',
      input: s.object({ times: s.integer() }),
      effect: 'write',
      long: true,
      run: async ({ times }) => times,
    });
  },
});
