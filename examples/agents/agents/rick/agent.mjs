// Rick, matching: finds a place for each candidate, asks Z, and hands the approved ones to Leroy.
import { live, read, remember, send } from '../mailbox.mjs';

await live(({ id, reference, payload }) => {
  const { places } = read('skills/matching/match_weights.json');
  if (payload?.want === 'match') {
    const place = places[payload.name.length % places.length];
    send(`${id}.ask`, 'z', 'request', { ...payload, want: 'approval', place }, { reference });
  }
  if (payload?.isApproved === true) send(`${id}.go`, 'leroy', 'request', { ...payload, want: 'submit' }, { reference });
  if (payload?.isApproved === false) remember('refused.jsonl', payload);
});
