// `realm backup run` and `restore`, reading back included, beside cp, rsync, restic and borg on the same files in the same run.
import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Deed, DEEDS, tools } from './frame/backup-tools.ts';
import type { Bench, Figure } from './frame/figure.ts';
import { collect, realm, residentMiB, timeOf } from './frame/process.ts';
import { sampleOf } from './frame/sample.ts';

const TURNS = 5;
const EACH = 100;
const CONFIG = `plugins: [backup]
backups:
  tree: { sources: [data], to: [target], keep: { last: 100 } }
`;

/** In folders of a hundred. */
function makeFiles(dir: string, files: number, bytes: number): void {
  writeFileSync(join(dir, 'realm.config.yaml'), CONFIG);
  for (let folder = 0; folder < files / EACH; folder++) {
    mkdirSync(join(dir, 'data', `d${folder}`), { recursive: true });
    for (let file = 0; file < EACH; file++)
      writeFileSync(
        join(dir, 'data', `d${folder}`, `f${file}`),
        `${folder}/${file}\n`.repeat(bytes / 4 + 1).slice(0, bytes),
      );
  }
}

/** Grows one file in a hundred by a byte. */
function changeSome(dir: string, files: number): void {
  for (let folder = 0; folder < files / EACH; folder++) appendFileSync(join(dir, 'data', `d${folder}`, 'f7'), '.');
}

/** A place of its own for one bench, gone afterwards. */
async function inFolder<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'realm-backup-bench-'));
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Out of the way, and deleted at the very end: ext4 is slow to make files where many were deleted a moment ago. */
function setAside(dir: string, names: readonly string[]): void {
  for (const name of names)
    if (existsSync(join(dir, name))) renameSync(join(dir, name), mkdtempSync(join(dir, 'aside-')));
}

/** What one tool left to be written is not to be waited for by the next, which may sync the whole filesystem. */
const settled = (): void => void spawnSync('sync');

const SMALL_FILES = 20_000;

/** The first turn warms up. Each turn begins with another tool. */
const small = (): Promise<Map<string, number[]>> =>
  inFolder(async (dir) => {
    const took = new Map<string, number[]>();
    makeFiles(dir, SMALL_FILES, 4_100);
    const all = tools();
    for (let turn = 0; turn <= TURNS; turn++) {
      setAside(dir, ['.realm', ...all.map(({ folder }) => folder)]);
      const inTurn = [...all.slice(turn % all.length), ...all.slice(0, turn % all.length)];
      for (const deed of DEEDS) {
        if (deed === 'one-percent') changeSome(dir, SMALL_FILES);
        for (const tool of inTurn) {
          const command = tool.command(deed);
          if (command === undefined) continue;
          settled();
          const ms = await timeOf(command, dir);
          setAside(dir, ['back']);
          const key = `${deed} ${tool.name}`;
          if (turn > 0) took.set(key, [...(took.get(key) ?? []), ms]);
        }
      }
    }
    return took;
  });

const PART = Buffer.alloc(1 << 20);
const LARGE_PARTS = 1_024;

/** 2 x 1 GiB. `run`: what the run says that it took in the target, without the start of a program. */
const large = (): Promise<Map<string, number[]>> =>
  inFolder(async (dir) => {
    const took = new Map<string, number[]>();
    makeFiles(dir, 0, 0);
    mkdirSync(join(dir, 'data'));
    for (const name of ['one', 'two']) {
      const handle = openSync(join(dir, 'data', name), 'w');
      for (let part = 0; part < LARGE_PARTS; part++) writeSync(handle, PART.fill(`${name} ${part} `));
      closeSync(handle);
    }
    const add = (key: string, ms: number): void => void took.set(key, [...(took.get(key) ?? []), ms]);
    for (let turn = 0; turn <= TURNS; turn++) {
      for (const name of ['.realm', 'target', 'copied']) rmSync(join(dir, name), { recursive: true, force: true });
      settled();
      const copying = await timeOf(['cp', '-a', 'data', 'copied'], dir);
      settled();
      const full = await timeOf(realm('backup', 'run', 'tree'), dir);
      const again = await runTook(dir);
      if (turn === 0) continue;
      add('large-full cp -a', copying);
      add('large-full realm', full);
      add('large-no-change realm', again.wholeMs);
      add('large-no-change run', again.runMs);
    }
    return took;
  });

interface Outcome {
  readonly result?: { readonly snapshots?: readonly { readonly tookMs: number }[] };
}

async function runTook(dir: string): Promise<{ wholeMs: number; runMs: number }> {
  const startedAt = performance.now();
  const [program = '', ...args] = realm('backup', 'run', 'tree', '--json');
  const child = spawn(program, args, { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  await new Promise((resolve) => child.once('close', resolve));
  const wholeMs = performance.now() - startedAt;
  const last = JSON.parse(out.trim().split('\n').at(-1) ?? '{}') as Outcome;
  const runMs = last.result?.snapshots?.[0]?.tookMs;
  if (runMs === undefined) throw new Error(`realm backup run said no time\n${out.slice(-2_000)}`);
  return { wholeMs, runMs };
}

/** The most memory that a full run has at any time. */
const peakOf = (files: number): Promise<number> =>
  inFolder(async (dir) => {
    makeFiles(dir, files, 100);
    const [program = '', ...args] = realm('backup', 'run', 'tree');
    const child = spawn(program, args, { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = collect(child);
    let peak = 0;
    const timer = setInterval(() => {
      try {
        peak = Math.max(peak, residentMiB(child.pid!, 'VmHWM'));
      } catch {
        // it has ended
      }
    }, 20);
    const code = await new Promise((resolve) => child.once('close', resolve));
    clearInterval(timer);
    if (code !== 0) throw new Error(output());
    return peak;
  });

async function memory(): Promise<Figure[]> {
  const [few, many] = [await peakOf(SMALL_FILES), await peakOf(10 * SMALL_FILES)];
  return [
    { name: 'backup/memory/20000', value: few, unit: 'MiB', target: 'under 200' },
    { name: 'backup/memory/200000', value: many, unit: 'MiB', ratio: many / few, versus: '20000', target: '1.1 x' },
  ];
}

export const run: Bench = async () => [
  ...figures(await small()),
  ...figures(await large()),
  ...(process.platform === 'linux' ? await memory() : []),
];

/** Floor and target of each deed, as promised. */
const PROMISED: Readonly<
  Record<Deed | 'large-full' | 'large-no-change', { readonly floor: string; readonly target: string }>
> = {
  full: { floor: 'cp -a', target: '2 x, and faster than all peers' },
  'no-change': { floor: 'rsync --link-dest', target: '0.4 x' },
  'one-percent': { floor: 'rsync --link-dest', target: '0.5 x' },
  restore: { floor: 'cp -a', target: '2 x' },
  'large-full': { floor: 'cp -a', target: '1.3 x' },
  'large-no-change': { floor: 'none', target: '100 ms' },
};

function figures(took: ReadonlyMap<string, readonly number[]>): Figure[] {
  return [...took].map(([key, values]) => {
    const deed = key.slice(0, key.indexOf(' ')) as keyof typeof PROMISED;
    const tool = key.slice(deed.length + 1);
    const { median, spread } = sampleOf(values);
    const { floor, target } = PROMISED[deed];
    const beside = took.get(`${deed} ${floor}`);
    const compared =
      beside === undefined || tool === floor ? {} : { ratio: median / sampleOf(beside).median, versus: floor };
    const isOurs = tool === 'realm' || tool === 'run';
    return {
      name: `backup/${deed}/${tool.split(' ')[0]}`,
      value: median,
      unit: 'ms',
      spread,
      ...compared,
      ...(isOurs ? { target } : {}),
    };
  });
}
