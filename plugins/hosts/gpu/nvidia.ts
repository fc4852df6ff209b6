// NVIDIA: one long-lived nvidia-smi that prints a line for each GPU again and again, read by position alone.
import type { GpuView } from 'realm-runner/plugin';

export const NVIDIA_PERIOD_MS = 5_000;

/** The order is the parser's; the name may hold commas, so it is last. */
const FIELDS = ['index', 'utilization.gpu', 'memory.used', 'memory.total', 'temperature.gpu', 'power.draw', 'name'];

/** As asked for; headers and text for people differ between drivers. */
export const NVIDIA_COMMAND: readonly string[] = [
  'nvidia-smi',
  `--query-gpu=${FIELDS.join(',')}`,
  '--format=csv,noheader,nounits',
  `--loop-ms=${NVIDIA_PERIOD_MS}`,
];

const MIB = 1024 * 1024;

/** `[N/A]`, `[Not Supported]`, `[Unknown Error]` and whatever else is no number: not known. */
const numberOf = (text: string): number | null => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : null);
const bytesOf = (text: string): number | null => {
  const mib = numberOf(text);
  return mib === null ? null : Math.round(mib * MIB);
};

export const unreadable = (index: number): GpuView => ({
  index,
  name: null,
  utilizationPercent: null,
  memoryUsedBytes: null,
  memoryTotalBytes: null,
  temperatureC: null,
  powerWatts: null,
});

/** undefined: it is no line of a GPU. A line that is too short says nothing but that the GPU is there. */
export function parseNvidia(line: string): GpuView | undefined {
  const parts = line.split(',').map((part) => part.trim());
  if (!/^\d{1,3}$/.test(parts[0] ?? '')) return undefined;
  const index = Number(parts[0]);
  if (parts.length < FIELDS.length) return unreadable(index);
  const [, utilization, used, total, temperature, power] = parts as [string, string, string, string, string, string];
  const name = parts.slice(FIELDS.length - 1).join(', ');
  return {
    index,
    name: name === '' || name.startsWith('[') ? null : name,
    utilizationPercent: numberOf(utilization),
    memoryUsedBytes: bytesOf(used),
    memoryTotalBytes: bytesOf(total),
    temperatureC: numberOf(temperature),
    powerWatts: numberOf(power),
  };
}
