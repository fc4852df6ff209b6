// Probe: its own port is listened on by the service itself, not by a stranger.
import { isListenedOn, isListenedOnBy, listenerOn } from '../port.ts';
import { no, type Probe, yes } from './probe.ts';

export const port: Probe = async (_spec, target) => {
  const number = target.spec.port!;
  if (!isListenedOn(number)) return no(`nobody listens on port ${number}`);
  if (isListenedOnBy(target.pids(), number)) return yes(`it listens on port ${number}`);
  const stranger = listenerOn(number);
  if (stranger === undefined) return no(`nobody listens on port ${number}`);
  const { pid, command } = stranger;
  return no(
    `port ${number} is listened on by ${pid === null ? 'a process of somebody else' : `${command} (pid ${pid})`}`,
  );
};
