// Times and amounts as people say them.
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** `31 h`, `2 d`: in the largest unit of which there are at least two. */
export function ago(ms: number): string {
  const [unit, size] = UNITS.find(([, each]) => ms >= 2 * each) ?? ['s', 1_000];
  return `${Math.max(0, Math.floor(ms / size))} ${unit}`;
}

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `1.5 GiB`. */
export function bytesText(bytes: number): string {
  const step = Math.min(SIZES.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** step;
  return `${step === 0 ? amount : amount.toFixed(amount < 10 ? 1 : 0)} ${SIZES[step]}`;
}

/** Each with its end of line. */
export const linesOf = (all: readonly string[]): string => all.map((one) => `${one}\n`).join('');

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
