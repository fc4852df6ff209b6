// Times as people say them.
const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const;

/** `3 h`, `2 d`; whole units, rounded down. Below a second: `0 s`. */
export function spanText(ms: number): string {
  const [size, unit] = UNITS.find(([unitMs]) => Math.abs(ms) >= unitMs) ?? UNITS[3];
  return `${Math.trunc(Math.abs(ms) / size)} ${unit}`;
}

/** `3 h ago`, `now` or `in 3 h`; `-` for no time. What is to come is rounded: 1 h 59 min are no hour. `iso` is UTC ISO 8601. */
export function whenText(iso: string | null | undefined, nowMs: number): string {
  const at = iso === null || iso === undefined ? Number.NaN : Date.parse(iso);
  if (Number.isNaN(at)) return '-';
  if (Math.abs(at - nowMs) < 1_000) return 'now';
  return at > nowMs ? `in ${spanText(rounded(at - nowMs))}` : `${spanText(nowMs - at)} ago`;
}

function rounded(ms: number): number {
  const [size] = UNITS.find(([unitMs]) => ms >= unitMs) ?? UNITS[3];
  return Math.round(ms / size) * size;
}

/** How long something took: `300 ms`, `20 s`, `1 min 5 s`, `2 h 10 min`. */
export function exactSpan(ms: number): string {
  if (Math.abs(ms) < 1_000) return `${Math.trunc(Math.abs(ms))} ms`;
  const first = UNITS.findIndex(([unitMs]) => Math.abs(ms) >= unitMs);
  const rest = Math.abs(ms) % UNITS[first]![0];
  const next = UNITS[first + 1];
  return next === undefined || rest < next[0]
    ? spanText(ms)
    : `${spanText(ms)} ${Math.trunc(rest / next[0])} ${next[1]}`;
}

const UTC = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
const two = (number: number): string => String(number).padStart(2, '0');

/** The same text with its UTC times as a clock here shows them: `07:00:12` for today's, else `2030-01-30 07:00`. */
function withLocalTimes(text: string, nowMs: number): string {
  const today = dayOf(new Date(nowMs));
  return text.replace(UTC, (written) => {
    const at = new Date(written);
    if (Number.isNaN(at.getTime())) return written;
    const clock = `${two(at.getHours())}:${two(at.getMinutes())}`;
    return dayOf(at) === today ? `${clock}:${two(at.getSeconds())}` : `${dayOf(at)} ${clock}`;
  });
}

/** For a person at a terminal as the clock on the wall has them; in a pipe, which has no end of line, as they are. */
export const timesFor = ({ columns }: { readonly columns: number }, text: string, nowMs: number): string =>
  Number.isFinite(columns) ? withLocalTimes(text, nowMs) : text;

/** `2030-01-31`, in the zone of the person who looks. */
export const dayOf = (at: Date): string => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
