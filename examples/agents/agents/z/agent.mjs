// Z, the data backbone and the safety gate: ranks the candidates, and says yes or no to every submission.
import { live, read, send } from '../mailbox.mjs';

const CANDIDATES = [
  { name: 'ada', experience: 9, interest: 4 },
  { name: 'ben', experience: 3, interest: 9 },
  { name: 'cleo', experience: 6, interest: 7 },
];
const weights = () => read('skills/hot-list/priority_weights.json');
const score = (one, { experience, interest }) => one.experience * experience + one.interest * interest;

function hotList() {
  const by = weights();
  return CANDIDATES.map((one) => ({ name: one.name, score: score(one, by) })).sort((a, b) => b.score - a.score);
}

await live(({ id, from, reference, payload }) => {
  if (payload?.want === 'hot-list') send(`${id}.list`, 'jay', 'update', { hotList: hotList() }, { reference });
  if (payload?.want === 'approval') {
    const isApproved = payload.score >= weights().least;
    send(`${id}.verdict`, from, 'response', { ...payload, isApproved }, { reference });
  }
});
