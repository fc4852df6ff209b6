// A plugin whose `apply` and whose action say that they began, and do it once there is a file `go`.
export const SLOW = `
import { existsSync } from 'node:fs';
import { writeFile, stat, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';
import { absent, definePlugin, s } from 'realm-runner/plugin';

const work = async (path, ctx) => {
  await writeFile(path + '.begun', '');
  while (!existsSync(join(ctx.paths.root, 'go'))) await pause(20, undefined, { signal: ctx.signal });
  await writeFile(path, 'done');
  await rm(path + '.begun', { force: true });
};
export default definePlugin({
  name: 'slow',
  summary: 'Takes its time.',
  setup(realm) {
    realm.kind({
      name: 'slow',
      section: 'slows',
      spec: s.object({ path: s.path() }),
      state: s.object({}),
      observe: ({ spec }) => stat(spec.path).then(() => ({}), absent('ENOENT')),
      apply: ({ spec }, _changes, ctx) => work(spec.path, ctx),
      remove: ({ spec }) => rm(spec.path, { force: true }),
    });
    realm.action({
      name: 'slow.work',
      summary: 'Works.',
      input: s.object({}),
      effect: 'write',
      run: async (_input, ctx) => {
        ctx.emit('plugin.recovered', { plugin: 'slow' }); // for who follows
        await work(join(ctx.paths.root, 'work'), ctx);
      },
    });
  },
});
`;
