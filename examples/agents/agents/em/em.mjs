// EM, the manager: asks for the day's list, and keeps the history of what came of it.
import { live, read, remember, send } from '../mailbox.mjs';

const { everySeconds } = read('skills/rounds/rounds.json');
const ask = () => {
  const round = new Date().toISOString();
  send(`round-${round}`, 'z', 'request', { want: 'hot-list' });
};
ask();
setInterval(ask, everySeconds * 1000);
await live(({ from, type, reference, payload }) =>
  remember('system-history.jsonl', { from, type, reference, payload }),
);
