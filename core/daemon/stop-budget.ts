// How long stopping may take, in milliseconds: for whoever stops, and for whoever waits for that.
export const STOP_MS = 10_000;
/** With everything that was started: processes get time to end by themselves. */
export const STOP_EVERYTHING_MS = 30_000;
