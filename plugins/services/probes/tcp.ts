// Probe: a port accepts a connection.
import { type Probe, yes } from './probe.ts';
import { reach } from './reach.ts';

export const tcp: Probe = async ({ tcp: asked }, { spec }, signal) => {
  const port = typeof asked === 'number' ? asked : spec.port!;
  const socket = await reach(port, signal);
  socket.destroy();
  return yes(`port ${port} accepts connections`);
};
