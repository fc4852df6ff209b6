// Which secrets of a resource have another text than when it was applied, told by keyed hashes: their texts are not kept.
import { createHmac } from 'node:crypto';
import type { Change } from '../contract/kind.ts';
import { formatPath } from '../model/path.ts';
import { decodeSpec, encodeSpec, secretsIn } from '../model/spec.ts';
import { type Applied, appliedOf, type Wanted } from '../reconcile/desired.ts';
import { Secret } from '../schema/schema.ts';
import type { Scene } from './scene.ts';

const KEY = 'secrets.key';
const KEY_BYTES = 32;

/**
 * The same resource, its secrets known to the mask, and, when its kind minds them, compared with those it was applied with.
 * `act`: runs the commands of secrets whose kind minds, and makes the key. `look`: neither, and what stays unknown is no change.
 */
export function withSecrets(wanted: Wanted, purpose: 'look' | 'act', scene: Scene): Wanted {
  const found = [...secretsIn(wanted.want.spec)];
  if (found.length === 0 || !wanted.declared.enabled) return wanted;
  const { secrets } = scene.loaded;
  for (const { name } of found) secrets.peek(name);
  let isMinded: boolean;
  try {
    isMinded = wanted.kind.mindsSecrets?.(wanted.want.spec) === true;
  } catch (error) {
    const moved = (): never => {
      throw error;
    };
    return { ...wanted, moved };
  }
  const key = isMinded ? keyOf(scene, purpose) : undefined;
  if (key === undefined) return wanted;
  const before = appliedOf(wanted.row)?.marks ?? {};
  const marks: Record<string, string> = {};
  for (const { name } of found) {
    const text = purpose === 'act' ? revealed(name, scene) : secrets.peek(name);
    const mark = text === undefined ? before[name] : markOf(text, key);
    if (mark !== undefined) marks[name] = mark;
  }
  const changed = found.filter(({ name }) => before[name] !== undefined && before[name] !== marks[name]);
  const changes = changed.map(({ keys, name }): Change => {
    const secret = Object.freeze(new Secret(name));
    return {
      action: 'update',
      path: formatPath(keys),
      from: secret,
      to: secret,
      reason: 'config',
      because: 'SecretChanged',
    };
  });
  const remembered = decodeSpec(wanted.toRemember) as Applied;
  return { ...wanted, moved: () => changes, toRemember: encodeSpec({ ...remembered, marks }) };
}

/** Made at first need, random, and kept with the marks it makes comparable; undefined while none can be kept. */
function keyOf({ store, world }: Scene, purpose: 'look' | 'act'): string | undefined {
  const known = store.meta.get(KEY);
  if (known !== undefined || purpose === 'look' || store.health !== 'ok') return known;
  const key = world.random.id(KEY_BYTES);
  world.crash('secrets.key:before');
  store.meta.put(KEY, key);
  world.crash('secrets.key:after');
  return key;
}

const markOf = (text: string, key: string): string => createHmac('sha256', key).update(text).digest('hex');

function revealed(name: string, { loaded: { secrets } }: Scene): string | undefined {
  try {
    return secrets.reveal(name);
  } catch {
    return undefined; // whether it changed is unknown; `apply` is told what is wrong when it needs the text
  }
}
