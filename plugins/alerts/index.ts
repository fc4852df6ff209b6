// Tells a person when it matters: the plugin, put together.
import { definePlugin } from 'realm-runner/plugin';
import { Bell } from './bell.ts';
import { pingStrangers } from './dead-man.ts';
import { deliver } from './deliver.ts';
import { Direct, DIRECT } from './direct.ts';
import { watchDisks } from './disk.ts';
import { alert } from './kind.ts';
import { HEARD } from './news.ts';
import { hear } from './standing.ts';
import { Told } from './told.ts';
import { listVerb, testVerb } from './verbs.ts';

export default definePlugin({
  name: 'alerts',
  summary: 'Tells a person when it matters, with everything else down.',
  setup(realm) {
    const bell = new Bell();
    const told = new Told();
    const direct = new Direct(told);
    realm.kind(alert);
    realm.action(listVerb);
    realm.action(testVerb);
    realm.follow('news', HEARD, async (event, ctx) => {
      hear(event, ctx);
      bell.ring();
    });
    for (const type of DIRECT) realm.on(type, (_data, ctx, event) => direct.hear(event, ctx));
    realm.background('deliver', (ctx) => deliver(ctx, bell, told));
    realm.background('disks', (ctx) => watchDisks(ctx));
    realm.background('dead-man', pingStrangers);
  },
});
