// Top-level keys that belong to the kernel, and those that belong to nobody.
import { dirname, relative } from 'node:path';
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

/** `folder` is given when only files in `configs/` speak of it: those may be somebody else's, so it is a warning. */
export function unknownSection(
  section: Entry,
  catalog: Catalog,
  source: Source,
): { readonly diagnostic: Diagnostic; readonly folder?: string } | undefined {
  const { key } = section;
  if ((RESERVED as readonly string[]).includes(key)) return undefined;
  const known = [...RESERVED, ...catalog.kinds.keys(), ...catalog.settings.keys()];
  const plugin = Object.hasOwn(BUILT_IN_SECTIONS, key) ? BUILT_IN_SECTIONS[key] : undefined;
  const similar = nearest(key, [...known, ...Object.keys(BUILT_IN_SECTIONS)]);
  const hint =
    plugin !== undefined
      ? `add ${plugin} to \`plugins:\``
      : similar === undefined
        ? `sections in use: ${known.slice(RESERVED.length).join(', ') || 'none'}`
        : `did you mean \`${similar}\`?`;
  const file = section.origin.file;
  if (file.by === 'drop-in') {
    const folder = dirname(file.path);
    const message = `${relative(source.root, folder)}/ is ignored: no plugin in use has a section \`${key}\``;
    const at = { file: file.path, line: 1, column: 1, path: key };
    return {
      diagnostic: { code: 'CONFIG_SECTION_UNKNOWN', severity: 'warning', message, at, hint },
      folder: `${folder}/`,
    };
  }
  const message =
    plugin === undefined ? `\`${key}\` is no section` : `the section \`${key}\` needs the plugin ${plugin}`;
  const at = locate(section, [key]);
  return { diagnostic: { code: 'CONFIG_SECTION_UNKNOWN', severity: 'error', message, at, hint } };
}
