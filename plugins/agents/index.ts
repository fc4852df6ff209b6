// Keeps agents alive: heard, recovered from their backups when they die, and their messages delivered.
import { definePlugin } from 'realm-runner/plugin';
import { agentKind } from './kind.ts';
import { oversee } from './oversee.ts';
import { agentsOf, Pulse } from './pulse.ts';
import { serviceOf } from './derive.ts';
import { isThere } from './standing.ts';
import { messagesParts } from './messages/parts.ts';
import { messagesSettings } from './messages/settings.ts';
import { agentsVerb } from './verbs/agents.ts';
import { beatVerb } from './verbs/beat.ts';
import { recoverVerb } from './verbs/recover.ts';

export default definePlugin({
  name: 'agents',
  summary: 'Keeps agents alive, brings them back from backup when they die, and delivers their messages.',
  needs: ['services'],
  wants: ['hosts', 'backup', 'alerts'],
  settings: { section: 'messages', schema: messagesSettings },
  setup(realm, settings) {
    const pulse = new Pulse();
    messagesParts(realm, settings, (agent, ctx) => isThere(agent, pulse, ctx));
    realm.kind(agentKind(pulse));
    realm.background('pulse', (ctx) => pulse.listen(ctx));
    realm.background('oversee', oversee);
    // Nobody comes after its own service: what becomes of that is heard.
    realm.on('condition.changed', ({ ref }, ctx) => {
      const agent = agentsOf(ctx).find(({ name }) => serviceOf(name) === ref);
      if (agent !== undefined) ctx.wake(agent.ref);
    });
    realm.action(agentsVerb(pulse));
    realm.action(recoverVerb(pulse));
    realm.action(beatVerb(pulse));
  },
});
