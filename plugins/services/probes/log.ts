// Probe: a line of its output has matched; once said, it stays true for this life.
import { no, type Probe, yes } from './probe.ts';

export const log: Probe = async ({ log: pattern = '' }, target) =>
  target.hears(pattern) ? yes(`it said /${pattern}/`) : no(`it has not said /${pattern}/ yet`);
