// Keeps services running: the plugin, put together.
import { type Context, definePlugin, type Stopping } from 'realm-runner/plugin';
import { hear } from './hear.ts';
import { service } from './kind.ts';
import { logStream } from './log/stream.ts';
import { keepLogs } from './log/upkeep.ts';
import { Prober } from './prober.ts';
import { stopEverything } from './stop-everything.ts';
import { watchFolders } from './watch.ts';
import { adoptVerb } from './verbs/adopt.ts';
import { blockersVerb } from './verbs/blockers.ts';
import { graphVerb } from './verbs/graph.ts';
import { psVerb } from './verbs/ps.ts';
import { restartVerb } from './verbs/restart.ts';

/** Whoever stops gives less; each service has its own grace, and whoever comes after others waits for them. */
const STOP_MOST_MS = 3_600_000;

export default definePlugin({
  name: 'services',
  summary: 'Keeps processes running in order, whatever dies, and finds them again.',
  setup(realm) {
    realm.kind(service);
    realm.background('exits', hear, { alsoOnce: true });
    realm.background('logs', keepLogs);
    realm.background('watched folders', watchFolders);
    const prober = new Prober();
    realm.background('probes', (ctx) => prober.run(ctx), { alsoOnce: true });
    realm.on('service.started', ({ ref }) => prober.look(ref));
    realm.on('service.restarted', ({ ref }) => prober.look(ref));
    realm.tap('settled', async ({ ref }) => prober.look(ref)); // where nobody hears events
    realm.on('realm.reloaded', () => prober.look());
    realm.stream(logStream);
    realm.action(psVerb());
    realm.action(restartVerb);
    realm.action(blockersVerb);
    realm.action(adoptVerb);
    realm.action(graphVerb);
    const ends = async ({ everything, budgetMs }: Stopping, ctx: Context) =>
      everything ? stopEverything(budgetMs, ctx) : [];
    realm.tap('stopping', ends, { timeoutMs: STOP_MOST_MS });
  },
});
