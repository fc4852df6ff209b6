// AMD without a tool: what the kernel's driver tells in sysfs.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GpuView } from 'realm-runner/plugin';

/** PCI vendor of AMD. */
const AMD = '0x1002';

/** Cards in the order of their numbers. A file that is missing or unreadable is a value that is not known. */
export async function readAmd(root = '/sys/class/drm'): Promise<readonly GpuView[]> {
  const entries = await readdir(root).catch(() => []); // no such folder: no cards
  const cards = entries
    .filter((name) => /^card\d+$/.test(name))
    .toSorted((one, other) => Number(one.slice(4)) - Number(other.slice(4)));
  const all = await Promise.all(
    cards.map(async (card) => {
      const device = join(root, card, 'device');
      return (await text(join(device, 'vendor'))) === AMD ? readCard(device) : undefined;
    }),
  );
  return all.filter((card) => card !== undefined).map((card, index) => ({ index, ...card }));
}

async function readCard(device: string): Promise<Omit<GpuView, 'index'>> {
  const monitors = await readdir(join(device, 'hwmon')).catch(() => []); // not every card has one
  const monitor = monitors[0] === undefined ? undefined : join(device, 'hwmon', monitors[0]);
  const [name, utilizationPercent, memoryUsedBytes, memoryTotalBytes, milliCelsius, microWatts] = await Promise.all([
    text(join(device, 'product_name')),
    number(join(device, 'gpu_busy_percent')),
    number(join(device, 'mem_info_vram_used')),
    number(join(device, 'mem_info_vram_total')),
    monitor === undefined ? null : number(join(monitor, 'temp1_input')),
    monitor === undefined ? null : number(join(monitor, 'power1_average')),
  ]);
  return {
    name,
    utilizationPercent,
    memoryUsedBytes,
    memoryTotalBytes,
    temperatureC: milliCelsius === null ? null : milliCelsius / 1_000,
    powerWatts: microWatts === null ? null : microWatts / 1_000_000,
  };
}

async function text(file: string): Promise<string | null> {
  const read = await readFile(file, 'utf8').catch(() => ''); // a card that sleeps may refuse to be read
  return read.trim() || null;
}

async function number(file: string): Promise<number | null> {
  const read = await text(file);
  return read !== null && /^\d+$/.test(read) ? Number(read) : null;
}
