// GPUs as a command of one's own tells them: a JSON list, of which what does not fit is not known.
import type { GpuView } from 'realm-runner/plugin';
import { unreadable } from './nvidia.ts';

type Numbers = 'utilizationPercent' | 'memoryUsedBytes' | 'memoryTotalBytes' | 'temperatureC' | 'powerWatts';
const NUMBERS: readonly Numbers[] = [
  'utilizationPercent',
  'memoryUsedBytes',
  'memoryTotalBytes',
  'temperatureC',
  'powerWatts',
];

/** Throws SyntaxError for what is no JSON, TypeError for what is no list of objects. */
export function parseOwn(text: string): readonly GpuView[] {
  const said: unknown = JSON.parse(text);
  if (!Array.isArray(said)) throw new TypeError('it printed no list');
  return said.map((one: unknown, position) => {
    if (typeof one !== 'object' || one === null) throw new TypeError(`its entry ${position} is no object`);
    const { index, name, ...values } = one as Readonly<Record<string, unknown>>;
    const numbers = NUMBERS.map((key) => [key, numberOf(values[key])] as const);
    return {
      ...unreadable(typeof index === 'number' && Number.isSafeInteger(index) ? index : position),
      name: typeof name === 'string' ? name : null,
      ...(Object.fromEntries(numbers) as Record<Numbers, number | null>),
    };
  });
}

const numberOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
