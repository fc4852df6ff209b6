// A service in thirty lines on a machine without processes: started, killed, found again after a crash of the daemon.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testRealm } from '../../../core/testing.ts';
import { type Context, definePlugin, s } from '../../../core/plugin.ts';

const spec = s.object({ command: s.list(s.string()) });

const demo = definePlugin({
  name: 'demo',
  summary: 'keeps processes running',
  setup(realm) {
    const placeOf = (name: string, ctx: Context) => ({
      dir: join(ctx.paths.data, name),
      token: (ctx.rows.get(name) as string | undefined) ?? 'none',
    });
    realm.kind({
      name: 'demo',
      section: 'demos',
      spec,
      state: s.object({}),
      async observe({ name }, ctx) {
        const { dir, token } = placeOf(name, ctx);
        return ctx.processes.look(dir, token).state === 'running' ? {} : null;
      },
      async apply({ name, spec: { command } }, _changes, ctx) {
        const token = `t${Math.floor(ctx.random() * 1e9)}`;
        ctx.rows.set(name, token);
        const { dir } = placeOf(name, ctx);
        await ctx.processes.start({ dir, argv: command, cwd: ctx.paths.root, env: {}, token, log: join(dir, 'log') });
      },
    });
  },
});

test('a plugin starts processes, sees them die, and finds them again', async () => {
  await using realm = await testRealm({ plugins: demo, programs: ([name]) => (name === 'web' ? {} : undefined) });
  const want = realm.want('demo', { command: ['web'] });
  const apply = async (): Promise<boolean> => {
    const applied = realm.apply(want);
    await realm.advance(100);
    const { converged } = await applied;
    await realm.advance(100);
    return converged;
  };
  expect(await apply()).toBe(true);
  const command = realm.machine!.running().find(({ name }) => name === 'web');
  expect(command).toBeDefined();
  realm.restart();
  expect((await realm.look(want)).is).toBe('seen');
  expect(await apply()).toBe(true);
  expect(realm.machine!.running().filter(({ name }) => name === 'web')).toEqual([command]);
  realm.machine!.system.kill(command!.identity.pid, 'SIGKILL');
  await realm.advance(100);
  expect(await apply()).toBe(true);
  expect(realm.machine!.running().filter(({ name }) => name === 'web')).toHaveLength(1);
  expect(realm.machine!.running()).not.toContain(command);
});
