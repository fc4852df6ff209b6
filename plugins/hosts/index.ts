// Knows the machines of the realm: which one this is, what they offer and how they are.
import { definePlugin } from 'realm-runner/plugin';
import { hostsApi } from './api.ts';
import { Gpus } from './gpu/gpus.ts';
import { Health } from './health.ts';
import { hostKind } from './kind.ts';
import { hostsVerb } from './list.ts';
import { resolveVerb } from './resolve-verb.ts';
import { Selves } from './selves.ts';
import { watchHosts } from './watch-hosts.ts';

export default definePlugin({
  name: 'hosts',
  summary: 'Knows the machines of the realm: who is who, what they offer, and how they are.',
  setup(realm) {
    const health = new Health();
    const selves = new Selves();
    const gpus = new Gpus(selves);
    realm.kind(hostKind(health, selves));
    realm.provide('hosts', hostsApi(selves, gpus, health));
    realm.action(hostsVerb(health, selves, gpus));
    realm.action(resolveVerb(selves));
    realm.background('health', (ctx) => watchHosts(health, selves, ctx));
    realm.background('gpus', (ctx) => gpus.watch(ctx));
  },
});
