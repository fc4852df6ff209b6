// The rows of resources as passes read and write them: in the store, and in memory for as long as the disk is full.
import { RealmError } from '../errors.ts';
import type { Ref } from '../model/ref.ts';
import type { Fact } from '../store/event.ts';
import type { ResourceColumns, ResourceRow } from '../store/resources.ts';
import type { Store } from '../store/store.ts';

export class Rows {
  readonly #store: Store;
  /** What could not be stored yet; it goes to the store with the next columns of its ref. */
  readonly #kept = new Map<Ref, Partial<ResourceColumns>>();

  constructor(store: Store) {
    this.#store = store;
  }

  get(ref: Ref): ResourceRow | undefined {
    return this.#withKept(this.#store.resources.get(ref));
  }

  all(): ResourceRow[] {
    return this.#store.resources.all().map((row) => this.#withKept(row)!);
  }

  /** The columns and the facts that speak of them, in one transaction. On a full disk both are kept: supervision goes on. */
  put(ref: Ref, columns: Partial<ResourceColumns>, facts: readonly Fact[] = [], durable = false): void {
    const whole = { ...this.#kept.get(ref), ...columns };
    try {
      this.#store.transaction(
        () => {
          this.#store.resources.put(ref, whole);
          for (const fact of facts) this.#store.journal.append(fact);
        },
        { durable },
      );
      this.#kept.delete(ref);
    } catch (error) {
      if (!isFull(error)) throw error;
      this.#kept.set(ref, whole);
      for (const fact of facts) this.#store.journal.append(fact);
    }
  }

  /** The row is gone, and everything an operator said of it. Throws STORE_FULL: what was removed is removed again. */
  delete(ref: Ref, facts: readonly Fact[]): void {
    this.#store.transaction(() => {
      this.#store.resources.delete(ref);
      for (const fact of facts) this.#store.journal.append(fact);
    });
    this.#kept.delete(ref);
  }

  #withKept(row: ResourceRow | undefined): ResourceRow | undefined {
    const kept = row && this.#kept.get(row.ref);
    return kept === undefined ? row : { ...row!, ...kept };
  }
}

export const isFull = (error: unknown): boolean => error instanceof RealmError && error.code === 'STORE_FULL';
