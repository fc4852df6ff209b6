// The process that asks tools for a process which may start none, and answers over the channel between the two.
import { systemClock } from '../clock.ts';
import { errnoOf, messageOf } from '../errors.ts';
import { askHere } from './ask.ts';
import type { Asked, Told } from './ask-outside.ts';

const ask = askHere(systemClock);
const left = new AbortController();

async function answer({ id, question }: Asked): Promise<Told> {
  try {
    return { id, answer: await ask(question, left.signal) };
  } catch (error) {
    return { id, code: errnoOf(error), message: messageOf(error) };
  }
}

process.on('message', (asked) => void answer(asked as Asked).then((told) => process.send?.(told, () => {})));
// Ends what is being asked; then nothing is left that keeps this process.
process.on('disconnect', () => left.abort(new Error('nobody waits for the answer')));
