// What a clock that ran ahead has left behind: times that have not come yet are believed only as far as clocks usually err.

/** Clocks are set back by an hour now and then; nothing that is done depends on the difference. */
const ERROR_MS = 2 * 3_600_000;

/** Whether `at` (ms) was written by a clock that was wrong. */
export const isFuture = (at: number, now: number): boolean => at > now + ERROR_MS;
