// Jay, research: looks into everybody on Z's list, and hands on those it is sure of.
import { live, read, send } from '../mailbox.mjs';

await live(({ id, reference, payload }) => {
  const { least } = read('skills/research/confidence_weights.json');
  for (const { name, score } of payload?.hotList ?? [])
    if (score >= least) send(`${id}.${name}`, 'rick', 'request', { want: 'match', name, score }, { reference });
});
