// Top-level keys that belong to the kernel, and those that belong to nobody.
import { relative } from 'node:path';
import type { Diagnostic } from '../errors.ts';
import type { Catalog } from '../model/declaration.ts';
import { BUILT_IN_SECTIONS } from '../schema/built-in.ts';
import { nearest } from '../schema/nearest.ts';
import {
  backplaneSection,
  NAME_PATTERN,
  NEWEST_VERSION,
  realmSection,
  RESERVED,
  secretsSection,
} from '../schema/reserved.ts';
import type { Infer, SchemaOf } from '../schema/schema.ts';
import { checkTimezone } from './cross.ts';
import { shape } from './shape.ts';
import type { DropInFolder } from './gather.ts';
import type { Source } from './source.ts';
import type { Entry, MapNode } from './tree.ts';
import { emptyMap, entryOf, isNull, locate } from './tree.ts';

export interface Reserved {
  readonly realm: Infer<typeof realmSection> | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export function checkReserved(tree: MapNode, source: Source): Reserved {
  const diagnostics: Diagnostic[] = [];
  const check = <T>(key: string, schema: SchemaOf<T>): T | undefined => {
    const entry = entryOf(tree, key);
    if (entry === undefined) return undefined;
    const node = isNull(entry.value) ? emptyMap(entry) : entry.value;
    const shaped = shape(schema, node, { root: source.root, path: [key], owner: entry });
    diagnostics.push(...shaped.diagnostics);
    for (const link of shaped.links) {
      const wrong = link.annotation === 'timezone' ? checkTimezone(link.text) : undefined;
      const zone = entryOf(entry.value, 'timezone');
      if (wrong === undefined || zone === undefined) continue;
      const { code, message, hint = '' } = wrong;
      diagnostics.push({ code, severity: 'error', message, at: locate(zone.value, [key, 'timezone']), hint });
    }
    return shaped.value;
  };
  checkVersion(entryOf(tree, 'version'), diagnostics);
  const realm = check('realm', realmSection);
  check('secrets', secretsSection);
  checkSecretNames(entryOf(tree, 'secrets'), diagnostics);
  check('backplane', backplaneSection);
  return { realm, diagnostics };
}

function checkVersion(entry: Entry | undefined, diagnostics: Diagnostic[]): void {
  const value = entry?.value.type === 'scalar' ? entry.value.value : null;
  if (entry === undefined || value === NEWEST_VERSION) return;
  const isOlder = typeof value === 'number' && value < NEWEST_VERSION;
  const isNewer = typeof value === 'number' && value > NEWEST_VERSION;
  const message = isOlder
    ? `version ${value} is older than this Realm understands`
    : isNewer
      ? `version ${value} is newer than this Realm understands`
      : '`version` must be a whole number';
  const hint = isOlder ? 'realm migrate --write' : isNewer ? 'use a newer Realm' : `version: ${NEWEST_VERSION}`;
  diagnostics.push({ code: 'CONFIG_VERSION', severity: 'error', message, at: locate(entry.value, ['version']), hint });
}

function checkSecretNames(section: Entry | undefined, diagnostics: Diagnostic[]): void {
  if (section?.value.type !== 'map') return;
  for (const entry of section.value.entries) {
    if (new RegExp(NAME_PATTERN).test(entry.key)) continue;
    const message = `${JSON.stringify(entry.key)} cannot be the name of a secret`;
    const hint = 'lower-case letters, digits, `-`, `_` and `.`';
    const at = locate(entry, ['secrets', entry.key]);
    diagnostics.push({ code: 'CONFIG_NAME', severity: 'error', message, at, hint });
  }
}

/** Empty for a reserved section. */
export function unknownSection(section: Entry, catalog: Catalog): Diagnostic[] {
  const { key } = section;
  if ((RESERVED as readonly string[]).includes(key)) return [];
  const { plugin, hint } = whose(key, catalog);
  const message =
    plugin === undefined ? `\`${key}\` is no section` : `the section \`${key}\` needs the plugin ${plugin}`;
  return [{ code: 'CONFIG_SECTION_UNKNOWN', severity: 'error', message, at: locate(section, [key]), hint }];
}

/** A folder in `configs/` may well belong to another program, so it is a warning. */
export function foreignFolder(
  { section, folder, firstFile }: DropInFolder,
  catalog: Catalog,
  source: Source,
): Diagnostic {
  const message = `${relative(source.root, folder)}/ is ignored: no plugin in use keeps resources of a section \`${section}\``;
  const at = { file: firstFile, line: 1, column: 1, path: section };
  return { code: 'CONFIG_SECTION_UNKNOWN', severity: 'warning', message, at, hint: whose(section, catalog).hint };
}

function whose(key: string, catalog: Catalog): { readonly plugin: string | undefined; readonly hint: string } {
  const used = [...catalog.kinds.keys(), ...catalog.settings.keys()];
  const plugin = Object.hasOwn(BUILT_IN_SECTIONS, key) && !used.includes(key) ? BUILT_IN_SECTIONS[key] : undefined;
  if (plugin !== undefined) return { plugin, hint: `add ${plugin} to \`plugins:\`` };
  const similar = nearest(
    key,
    [...RESERVED, ...used, ...Object.keys(BUILT_IN_SECTIONS)].filter((known) => known !== key),
  );
  const hint = similar === undefined ? `sections in use: ${used.join(', ') || 'none'}` : `did you mean \`${similar}\`?`;
  return { plugin, hint };
}
