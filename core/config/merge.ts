// Lays a profile over the configuration: maps key by key, lists and scalars replaced, null removes.
import type { Entry, MapNode, Node } from './tree.ts';
import { isNull, mapOf } from './tree.ts';

/** What is untouched stays the very same node, so work done for it can be kept. */
export function overlay(base: MapNode, over: MapNode, profile: string): MapNode {
  if (over.entries.length === 0) return base;
  const changes = new Map(over.entries.map((entry) => [entry.key, entry]));
  const entries: Entry[] = [];
  for (const entry of base.entries) {
    const change = changes.get(entry.key);
    changes.delete(entry.key);
    if (change === undefined) entries.push(entry);
    else if (!isNull(change.value)) entries.push(changed(entry, change, profile));
  }
  for (const change of changes.values()) {
    if (isNull(change.value)) continue;
    entries.push({ ...change, origin: { ...change.origin, profile }, value: stamp(change.value, profile) });
  }
  return mapOf(entries, base);
}

function changed(entry: Entry, change: Entry, profile: string): Entry {
  if (entry.value.type === 'map' && change.value.type === 'map') {
    return { ...entry, value: overlay(entry.value, change.value, profile) };
  }
  return { ...change, origin: { ...change.origin, profile }, value: stamp(change.value, profile) };
}

/** The same node, marked as coming from the profile. A key set to null in a new map is not there; lists stay as they are written. */
function stamp(node: Node, profile: string, inList = false): Node {
  const origin = { ...node.origin, profile };
  if (node.type === 'scalar') return { ...node, origin };
  if (node.type === 'list') return { ...node, origin, items: node.items.map((item) => stamp(item, profile, true)) };
  const kept = inList ? node.entries : node.entries.filter((entry) => !isNull(entry.value));
  const entries = kept.map((entry) => ({ ...entry, origin, value: stamp(entry.value, profile, inList) }));
  return { ...mapOf(entries, node), origin };
}
