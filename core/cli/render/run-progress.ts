// How far a run is: on a terminal one line that moves, with --json a line for each word of it.
import type { RunRow } from '../../api/door.ts';
import type { Clock } from '../../clock.ts';
import { writeJsonLine } from './json.ts';
import type { Output } from './terminal.ts';
import { aboutBytes, cut, printable } from './text.ts';
import { spanText } from './time.ts';

const CLEAR_LINE = '\r\u001b[K';
/** Before that, what is left is a guess at best. */
const GUESS_AFTER_MS = 2_000;
/** `20,000`. By hand: the first question to Intl takes 12 ms. */
const whole = (value: number): string => String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');

export interface RunProgress {
  tell(run: RunRow): void;
  /** Takes the moving line away. */
  end(): void;
}

export function runProgress(out: Output, clock: Clock, isJson: boolean): RunProgress {
  let last = '';
  let phase = '';
  let since = clock.now();
  const say = (progress: NonNullable<RunRow['progress']>): void => {
    if (isJson) return writeJsonLine(out, { version: 1, progress });
    if (!out.isTTY) return;
    const text = progressText(progress, clock.now() - since);
    out.write(`${CLEAR_LINE}${out.paint('dim', cut(text, out.columns - 1))}`);
  };
  return {
    tell({ progress }) {
      if (progress === null) return;
      if (progress.phase !== phase) since = clock.now();
      phase = progress.phase;
      const now = JSON.stringify(progress);
      if (now === last) return;
      last = now;
      say(progress);
    },
    end: () => {
      if (out.isTTY && !isJson && last !== '') out.write(CLEAR_LINE);
    },
  };
}

type Said = NonNullable<RunRow['progress']>;

/** `1,200 of 20,000`: how much there is may not be known. */
const amountText = (done: number | undefined, total: number | undefined, say: (value: number) => string): string =>
  done === undefined ? '' : ` ${say(done)}${total === undefined ? '' : ` of ${say(total)}`}`;

/** Which part is done, in (0, ∞); bytes tell better than pieces how long the rest takes. */
function partOf({ done, total, bytes, totalBytes }: Said): number | undefined {
  if (bytes !== undefined && totalBytes !== undefined && bytes > 0 && totalBytes > 0) return bytes / totalBytes;
  return done !== undefined && total !== undefined && done > 0 && total > 0 ? done / total : undefined;
}

/** `copying 1,200 of 20,000, 60 MiB of 82 MiB, 5 s left (waits for the lease)`; what is left is as fast as what is done was. */
export function progressText(progress: Said, forMs: number): string {
  const { phase, done, total, bytes, totalBytes, why } = progress;
  const pieces = amountText(done, total, whole);
  const size = amountText(bytes, totalBytes, aboutBytes);
  const part = forMs >= GUESS_AFTER_MS ? partOf(progress) : undefined;
  const left = part === undefined ? '' : `, ${spanText(forMs * Math.max(0, 1 / part - 1))} left`;
  const amounts = pieces === '' || size === '' ? `${pieces}${size}` : `${pieces},${size}`;
  return `${printable(phase)}${amounts}${left}${why === undefined ? '' : ` (${printable(why)})`}`;
}
