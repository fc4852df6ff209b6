// The process that `denied.ts` starts: loads the plugin, looks once, sends the state.
import { once } from 'node:events';
import { notSeen } from '../contract/kind.ts';
import { messageOf } from '../errors.ts';
import { giveUpProcesses } from '../os/ask-outside.ts';
import { resolvePlugin } from '../registry/resolve.ts';
import type { DeniedAnswer, DeniedLook } from './denied.ts';
import { benchIn } from './realm.ts';

const outside = giveUpProcesses(); // before the plugin is loaded, as plan does
const [request] = (await once(process, 'message')) as [DeniedLook];
const answer = await lookOnce(request).catch((error: unknown): DeniedAnswer => ({ why: messageOf(error) }));
outside.close();
process.send?.(answer, () => process.disconnect?.());

async function lookOnce({ module, kind, spec, settings, secrets, root, now }: DeniedLook): Promise<DeniedAnswer> {
  const { plugin } = await resolvePlugin(module, root);
  const realm = benchIn(root, { plugins: plugin, settings, secrets, start: now }, outside.ask);
  const state = await realm.kind(kind).observe!(realm.want(kind, spec), realm.contextFor(kind));
  const unseen = notSeen(state);
  return unseen === undefined ? { state } : { why: unseen.why };
}
