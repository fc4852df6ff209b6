// `realm backup run --dry-run`: what would be saved, as what, and where to; nothing is written.
import type { Context } from 'realm-runner/plugin';
import type { Trouble } from '../engine.ts';
import { labelOf } from '../label.ts';
import type { Backup } from '../policies.ts';
import type { Policy } from '../policy.ts';
import { type Target, written } from '../spec.ts';
import { engineOf } from '../targets.ts';
import { walk } from '../tree/walk.ts';
import { bytesText, linesOf, messageOf } from '../words.ts';

export async function dryRun(want: Backup, policy: Policy, trigger: string, ctx: Context): Promise<object> {
  const troubles: Trouble[] = [];
  let files = 0;
  let bytes = 0;
  for (const found of walk({ ...policy, trouble: (one) => void troubles.push(one) })) {
    if (found.type !== 'file') continue;
    files += 1;
    bytes += found.size;
  }
  const id = `${policy.name}/${labelOf(policy.label, ctx.now(), policy.zone)}`;
  const targets = await Promise.all(want.spec.to.map((target) => stateOf(target, ctx)));
  const text = linesOf([
    `${files} files, ${bytesText(bytes)} would be saved (${trigger}) as ${id}`,
    ...targets.map(({ target, is, why }) => (is === 'ready' ? `  in ${target}` : `  in ${target}: ${is}, ${why}`)),
    ...troubles.map(({ path, why }) => `  ${path}: ${why}`),
  ]);
  return { version: 1, dryRun: true, policy: policy.name, trigger, id, targets, text, files, bytes, troubles };
}

async function stateOf(target: Target, ctx: Context): Promise<{ target: string; is: string; why: string }> {
  try {
    const engine = await engineOf(target, ctx);
    const { is, why } = await engine.look();
    return { target: engine.name, is, why };
  } catch (error) {
    return { target: written(target), is: 'missing', why: messageOf(error) };
  }
}
