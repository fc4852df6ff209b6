// One edited line among 1,000 resources: from rename(2) of the config to the applied file, debounce included.
import { readFileSync, renameSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LineCounter, parseDocument } from 'yaml';
import type { Bench } from './frame/figure.ts';
import { appliedRealm, configOf, watchRealm } from './frame/realm-folder.ts';
import { sampleOf } from './frame/sample.ts';

const COUNT = 1_000;
const EDITS = 60;

/** Between two edits, as a person makes them: what the last one left to do is done. */
const REST_MS = 250;

/** Saves as an editor does, and waits until the file says so: told by the system, so that the daemon has the processor. */
async function edit(dir: string, config: string, index: number, text: string): Promise<number> {
  const draft = `${config}.draft`;
  const file = join(dir, `files/${index}.txt`);
  writeFileSync(draft, configOf(COUNT, { index, text }));
  const watcher = watch(join(dir, 'files'));
  try {
    const applied = new Promise<void>((resolve) => {
      watcher.on('change', () => void (readFileSync(file, 'utf8') === text && resolve()));
    });
    const startedAt = performance.now();
    renameSync(draft, config);
    const late = pause(30_000, 'late', { ref: false });
    if ((await Promise.race([applied, late])) === 'late') throw new Error(`${file} was not applied within 30 s`);
    return performance.now() - startedAt;
  } finally {
    watcher.close();
  }
}

function parseTime(config: string): number {
  const startedAt = performance.now();
  parseDocument(readFileSync(config, 'utf8'), { lineCounter: new LineCounter(), uniqueKeys: false }).toJS();
  return performance.now() - startedAt;
}

export const run: Bench = async () => {
  const folder = await appliedRealm(COUNT);
  const watching = await watchRealm(folder.dir);
  try {
    const edits: number[] = [];
    const parses: number[] = [];
    for (let n = 0; n < EDITS + 5; n += 1) {
      await pause(REST_MS);
      const ms = await edit(folder.dir, folder.config, n * 7, `edited ${n}`);
      const parse = parseTime(folder.config);
      if (n >= 5) edits.push(ms); // the first ones warm up
      if (n >= 5) parses.push(parse);
    }
    const sample = sampleOf(edits);
    const versus = 'parsing the YAML alone';
    const ratio = sample.median / sampleOf(parses).median;
    return [
      { name: 'reload/median', value: sample.median, unit: 'ms', spread: sample.spread, ratio, versus },
      { name: 'reload/p95', value: sample.p95, unit: 'ms', target: 'under 150 ms' },
    ];
  } finally {
    await watching.stop();
    folder.dispose();
  }
};
