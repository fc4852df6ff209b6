// In which order plugins are set up: what one needs comes before it, what it only wants too where that is possible.
import { RealmError } from '../errors.ts';
import type { Location } from '../errors.ts';
import { throwAll } from './problems.ts';

export interface Orderable {
  readonly name: string;
  readonly needs?: readonly string[] | undefined;
  readonly wants?: readonly string[] | undefined;
  /** Where the config names it. */
  readonly at: Location;
}

/**
 * A stable order: plugins keep their written order except where `needs` or `wants` say otherwise. A `wants` that would
 * close a circle is not followed. Throws PLUGIN_DUPLICATE, PLUGIN_NEED_MISSING and PLUGIN_NEED_CYCLE, all that apply.
 */
export function orderPlugins<P extends Orderable>(plugins: readonly P[]): readonly P[] {
  const [first] = plugins;
  if (first === undefined) return [];
  throwAll([...duplicates(plugins), ...missingNeeds(plugins), ...circles(plugins)], first.at);

  const before = new Map(plugins.map(({ name, needs = [] }) => [name, new Set(needs)]));
  for (const { name, wants = [] } of plugins) {
    for (const wanted of wants) {
      if (before.has(wanted) && !reaches(before, wanted, name)) before.get(name)!.add(wanted);
    }
  }
  const ordered: P[] = [];
  const placed = new Set<string>();
  while (ordered.length < plugins.length) {
    const next = plugins.find(({ name }) => !placed.has(name) && before.get(name)!.isSubsetOf(placed))!;
    ordered.push(next);
    placed.add(next.name);
  }
  return ordered;
}

function duplicates(plugins: readonly Orderable[]): RealmError[] {
  const seen = new Map<string, Orderable>();
  const found: RealmError[] = [];
  for (const plugin of plugins) {
    const earlier = seen.get(plugin.name);
    if (earlier === undefined) seen.set(plugin.name, plugin);
    else {
      found.push(
        new RealmError('PLUGIN_DUPLICATE', `Two plugins are called "${plugin.name}".`, {
          at: plugin.at,
          hint: `Remove one of them; the first is named at line ${earlier.at.line} of ${earlier.at.file}.`,
        }),
      );
    }
  }
  return found;
}

function missingNeeds(plugins: readonly Orderable[]): RealmError[] {
  const names = new Set(plugins.map((plugin) => plugin.name));
  return plugins.flatMap(({ name, needs = [], at }) =>
    needs
      .filter((need) => !names.has(need))
      .map(
        (need) =>
          new RealmError('PLUGIN_NEED_MISSING', `The plugin "${name}" needs "${need}", which is not in use.`, {
            at,
            hint: `Add ${need} to plugins:, or remove ${name}.`,
          }),
      ),
  );
}

/** Each circle of `needs` once, told from its first written member: `a -> b -> a`. */
function circles(plugins: readonly Orderable[]): RealmError[] {
  const byName = new Map(plugins.map((plugin) => [plugin.name, plugin]));
  const finished = new Set<string>();
  const found: RealmError[] = [];
  const visit = (plugin: Orderable, path: readonly string[]): void => {
    const start = path.indexOf(plugin.name);
    if (start >= 0) {
      const circle = [...path.slice(start), plugin.name].join(' -> ');
      found.push(
        new RealmError('PLUGIN_NEED_CYCLE', `Plugins need each other in a circle: ${circle}.`, {
          at: plugin.at,
          hint: 'Turn one of these `needs` into `wants`, which only orders.',
        }),
      );
      return;
    }
    if (finished.has(plugin.name)) return;
    for (const need of plugin.needs ?? []) {
      const needed = byName.get(need);
      if (needed !== undefined) visit(needed, [...path, plugin.name]);
    }
    finished.add(plugin.name);
  };
  for (const plugin of plugins) visit(plugin, []);
  return found;
}

/** Whether `to` is set up somewhere before `from` by what is known so far. */
function reaches(before: ReadonlyMap<string, ReadonlySet<string>>, from: string, to: string): boolean {
  const seen = new Set<string>();
  const open = [from];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === to) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    open.push(...(before.get(name) ?? []));
  }
  return false;
}
