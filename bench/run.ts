// Measures: `npm run bench -- [name...] [--json]`. With --peers it installs and measures what others offer.
import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { asJson, asRow } from './frame/figure.ts';
import type { Bench, Figure } from './frame/figure.ts';

const { values: options, positionals: wanted } = parseArgs({
  options: { json: { type: 'boolean', default: false }, peers: { type: 'boolean', default: false } },
  allowPositionals: true,
});

/** On stderr, so that the lines of --json stay lines of figures. */
function tellMachine(): void {
  const [cpu] = cpus();
  const commit = execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  console.error(`${cpu?.model ?? 'unknown cpu'}, ${cpus().length} cores, ${memory}`);
  console.error(`Node ${process.version}, kernel ${release()}, commit ${commit}`);
}

async function measure(file: string): Promise<readonly Figure[]> {
  const { run } = (await import(pathToFileURL(file).href)) as { run?: Bench };
  if (run === undefined) throw new Error(`${file} exports no run()`);
  return run();
}

const folder = join(import.meta.dirname, options.peers ? 'peers' : '.');
const benches = globSync(join(folder, '*.ts'))
  .filter((file) => file !== import.meta.filename)
  .sort()
  .filter((file) => wanted.length === 0 || wanted.includes(basename(file, '.ts')));

tellMachine();
let missed = benches.length === 0 ? 1 : 0;
for (const file of benches) {
  try {
    for (const figure of await measure(file)) console.log(options.json ? asJson(figure) : asRow(figure));
  } catch (error) {
    missed += 1;
    console.error(`NOT RUN: ${basename(file, '.ts')}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
if (benches.length === 0) console.error(`no bench is called ${wanted.join(', ')}`);
process.exitCode = missed > 0 && !options.peers ? 1 : 0;
