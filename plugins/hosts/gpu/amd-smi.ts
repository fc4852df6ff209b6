// AMD by its tool: JSON whose keys drift between releases, so each is looked for at any depth.
import type { GpuView } from 'realm-runner/plugin';

export const AMD_SMI_COMMAND: readonly string[] = ['amd-smi', 'metric', '--json'];

type Values = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Values => typeof value === 'object' && value !== null;

/** Throws SyntaxError for what is no JSON. */
export function parseAmdSmi(text: string): readonly GpuView[] {
  const said: unknown = JSON.parse(text);
  const list = Array.isArray(said) ? said : isObject(said) ? said['gpu_data'] : undefined;
  if (!Array.isArray(list)) throw new TypeError('it says nothing of GPUs');
  return list.filter(isObject).map((gpu, position): GpuView => {
    const name = find(gpu, 'market_name');
    return {
      index: numberOf(gpu['gpu']) ?? position,
      name: typeof name === 'string' ? name : null,
      utilizationPercent: numberOf(find(gpu, 'gfx_activity')),
      memoryUsedBytes: bytesOf(find(gpu, 'used_vram')),
      memoryTotalBytes: bytesOf(find(gpu, 'total_vram')),
      temperatureC: numberOf(find(gpu, 'edge')) ?? numberOf(find(gpu, 'hotspot')),
      powerWatts: numberOf(find(gpu, 'socket_power')),
    };
  });
}

function find(value: unknown, key: string): unknown {
  if (!isObject(value)) return undefined;
  if (Object.hasOwn(value, key)) return value[key];
  for (const inner of Object.values(value)) {
    const found = find(inner, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A number, `{value, unit}`, a text, or `N/A`. */
function numberOf(value: unknown): number | null {
  const plain = isObject(value) ? value['value'] : value;
  if (typeof plain === 'number') return Number.isFinite(plain) ? plain : null;
  return typeof plain === 'string' && /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : null;
}

const UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

/** The tool writes MB and counts in 1024s. */
function bytesOf(value: unknown): number | null {
  const amount = numberOf(value);
  const { unit = 'MB' } = isObject(value) ? value : {};
  const bytes = typeof unit === 'string' ? UNITS[unit] : undefined;
  return amount === null || bytes === undefined ? null : Math.round(amount * bytes);
}
