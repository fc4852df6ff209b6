// realm plugin list: the plugins in use, where they come from, and what they own.
import { loadRealm } from '../../kernel/load.ts';
import { EXIT } from '../exit-codes.ts';
import { placeOf } from '../place.ts';
import { writeJson } from '../render/json.ts';
import { table } from '../render/table.ts';
import type { Call } from '../shell.ts';

export async function run({ globals, cwd, shell, out }: Call): Promise<number> {
  const { file, stateDir } = await placeOf(cwd, globals);
  const { registry } = await loadRealm({ file, stateDir, env: shell.env, profile: globals.profile });
  const plugins = registry.plugins.map(({ plugin, from }) => ({
    name: plugin.name,
    from,
    summary: plugin.summary,
    sections: [...registry.kinds, ...registry.settings]
      .filter(([, entry]) => entry.plugin === plugin.name)
      .map(([section]) => section),
  }));
  if (globals.json) {
    writeJson(out, { plugins });
    return EXIT.done;
  }
  const titles = ['PLUGIN', 'FROM', 'SECTIONS', 'SUMMARY'].map((title) => ({ title }));
  const rows = plugins.map(({ name, from, sections, summary }) => [name, from, sections.join(', ') || '-', summary]);
  out.write(rows.length === 0 ? 'No plugins are in use.\n' : table(titles, rows, out.columns, out.paint));
  return EXIT.done;
}
