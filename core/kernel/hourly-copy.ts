// Copies the state each hour in which something happened.
import type { Timer } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Store } from '../store/store.ts';
import type { World } from './world.ts';

const COPY_EVERY_MS = 3_600_000;

export class HourlyCopy {
  readonly #store: Store;
  readonly #world: World;
  #copiedSeq = -1;
  #timer: Timer | undefined;

  constructor(store: Store, world: World) {
    this.#store = store;
    this.#world = world;
  }

  start(): void {
    this.#timer = this.#world.clock.after(COPY_EVERY_MS, () => {
      this.#copy();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Every change of a row is told by an event. When the disk is full the older copies are still there. */
  #copy(): void {
    const { committedSeq } = this.#store.journal;
    if (committedSeq === this.#copiedSeq) return;
    try {
      this.#store.copy();
      this.#copiedSeq = committedSeq;
    } catch (error) {
      this.#world.log('kernel').error(`the state was not copied: ${messageOf(error)}`, { error });
    }
  }
}
