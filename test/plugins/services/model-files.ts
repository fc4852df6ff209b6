// The files of the model's realm: its config, and the folder of its logs, which can be taken away.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Name, NAMES } from './model-steps.ts';
import type { Wanted } from './model-record.ts';
import { BACKOFF_MS } from './model-witness.ts';

interface Written extends Wanted {
  /** A label: no part of what runs. */
  readonly trifle: number;
}

export function yamlOf(wanted: (name: Name) => Written): string {
  const declared = NAMES.filter((name) => wanted(name).isDeclared);
  const lines = declared.map((name) => `  ${name}: ${JSON.stringify(specOf(name, wanted))}`);
  return `plugins: [services]\nservices:\n${lines.join('\n')}\n`;
}

function specOf(name: Name, wanted: (name: Name) => Written): object {
  const { version, trifle } = wanted(name);
  return {
    command: [name],
    ...(name === 'm' ? { type: 'once' } : {}),
    env: { V: version },
    stop: { grace: '1s' },
    labels: { trifle: String(trifle) },
    restart: {
      policy: name === 'e' || name === 'm' ? 'on-failure' : 'always',
      backoff: `${BACKOFF_MS}ms..5s`,
      stableAfter: '10s',
    },
    ...afterOf(name, wanted),
  };
}

function afterOf(name: Name, wanted: (name: Name) => Written): object {
  if (name === 'b' && wanted('a').isDeclared)
    return { after: { 'service/a': { until: 'ready', onLoss: wanted('b').onLoss } } };
  return name === 'd' && wanted('m').isDeclared ? { after: { 'service/m': 'completed' } } : {};
}

/** While they are not allowed, a file stands where their folder should be. */
export function allowLogs(root: string, isAllowed: boolean): void {
  const folder = join(root, '.realm/logs/services');
  const aside = join(root, 'logs-aside');
  if (isAllowed === !existsSync(aside)) return;
  if (isAllowed) {
    rmSync(folder, { recursive: true, force: true });
    renameSync(aside, folder);
    return;
  }
  mkdirSync(folder, { recursive: true });
  renameSync(folder, aside);
  writeFileSync(folder, 'a file where the folder should be');
}
