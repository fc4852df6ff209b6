// Lifts the text of an older config to the current format; comments and formatting stay.
import type { Document, Pair, YAMLMap } from 'yaml';
import { isCollection, isMap, isScalar, isSeq, parseDocument, Scalar } from 'yaml';
import { RealmError } from '../errors.ts';
import { NEWEST_VERSION, RESERVED } from '../schema/reserved.ts';

export interface Migrated {
  /** Equal to what was given when nothing had to change. */
  readonly text: string;
  /** One sentence each. */
  readonly changes: readonly string[];
}

/** Old top-level words and what they are called now. */
const SECTIONS: Readonly<Record<string, string>> = {
  file: 'files',
  host: 'hosts',
  service: 'services',
  agent: 'agents',
  backup: 'backups',
  checkpoint: 'checkpoints',
  task: 'tasks',
  skill: 'skills',
  includes: 'include',
};
/** Old keys of resources. */
const KEYS: Readonly<Record<string, string>> = { depends_on: 'after', dependsOn: 'after' };

/**
 * From `version: 0` (or none): sections as lists of `{ name, ... }` become maps, `mode: 0644` is quoted, old words are replaced.
 * Throws CONFIG_INVALID for a text that is no YAML map, CONFIG_VERSION for one from a newer Realm.
 */
export function migrateText(text: string): Migrated {
  const document = parseDocument(text, { uniqueKeys: false, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined || !isMap(document.contents)) {
    const why = error === undefined ? 'it is not a map of sections' : error.message;
    throw new RealmError('CONFIG_INVALID', `the file cannot be lifted: ${why}`, { hint: 'realm validate' });
  }
  const root = document.contents as YAMLMap;
  const version = root.get('version');
  if (typeof version === 'number' && version > NEWEST_VERSION) {
    throw new RealmError('CONFIG_VERSION', `version ${version} is newer than this Realm`, {
      hint: 'use a newer Realm',
    });
  }
  const changes: string[] = [];
  rename(root, SECTIONS, '', changes);
  for (const pair of root.items) liftSection(pair, document, changes);
  if (version !== undefined && version !== NEWEST_VERSION) {
    root.set('version', NEWEST_VERSION);
    changes.push(`version: ${JSON.stringify(version)} is now ${NEWEST_VERSION}`);
  }
  return changes.length === 0 ? { text, changes } : { text: document.toString({ lineWidth: 0 }), changes };
}

function liftSection(pair: Pair, document: Document, changes: string[]): void {
  const section = keyText(pair);
  if ((RESERVED as readonly string[]).includes(section)) return;
  if (
    isSeq(pair.value) &&
    pair.value.items.length > 0 &&
    pair.value.items.every((item) => isMap(item) && item.has('name'))
  ) {
    toMap(pair, section, document, changes);
  }
  if (!isMap(pair.value)) return;
  for (const resource of pair.value.items) {
    const where = `${section}.${keyText(resource)}`;
    if (!isMap(resource.value)) continue;
    rename(resource.value, KEYS, `${where}.`, changes);
    quoteMode(resource.value, where, changes);
  }
}

/** `- name: x` items become `x:` keys; comments before an item go before its key. */
function toMap(pair: Pair, section: string, document: Document, changes: string[]): void {
  const list = pair.value;
  if (!isSeq(list)) return;
  const map = document.createNode({}) as YAMLMap;
  for (const item of list.items) {
    if (!isMap(item)) continue;
    const name = String(item.get('name'));
    const first = item.items[0]?.key;
    const comment = item.commentBefore ?? (isScalar(first) ? first.commentBefore : undefined);
    item.delete('name');
    item.commentBefore = null;
    const key = new Scalar(name);
    if (comment !== undefined && comment !== null) key.commentBefore = comment;
    map.add(document.createPair(key, item));
  }
  map.commentBefore = list.commentBefore ?? null;
  map.comment = list.comment ?? null;
  pair.value = map;
  changes.push(`${section} is a map of names now, and no longer a list`);
}

function rename(map: YAMLMap, words: Readonly<Record<string, string>>, where: string, changes: string[]): void {
  for (const { key } of map.items) {
    const now = isScalar(key) && Object.hasOwn(words, String(key.value)) ? words[String(key.value)] : undefined;
    if (now === undefined || !isScalar(key) || map.has(now)) continue;
    changes.push(`${where}${String(key.value)} is called ${now} now`);
    key.value = now;
    delete key.source;
  }
}

function quoteMode(resource: YAMLMap, where: string, changes: string[]): void {
  const mode = resource.get('mode', true);
  if (!isScalar(mode) || typeof mode.value !== 'number' || isCollection(mode)) return;
  const text = (mode.source ?? String(mode.value)).replace(/^0o/, '').padStart(4, '0');
  if (!/^0[0-7]{3,4}$/.test(text)) return;
  mode.value = text;
  mode.type = Scalar.QUOTE_DOUBLE;
  delete mode.source;
  changes.push(`${where}.mode is text now: "${text}"`);
}

const keyText = (pair: Pair): string => (isScalar(pair.key) ? String(pair.key.value) : '');
