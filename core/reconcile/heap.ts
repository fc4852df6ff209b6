// A binary heap whose members know their place, so that one can be moved or taken out in O(log n).

/** What a member must carry: its place, kept by the heap; -1 while it is in none. */
export interface HeapNode {
  place: number;
}

/** `before(a, b)`: a comes first. It must be a strict total order and must not change while a member is inside. */
export class Heap<T extends HeapNode> {
  readonly #nodes: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#nodes.length;
  }

  has(node: T): boolean {
    return this.#nodes[node.place] === node;
  }

  peek(): T | undefined {
    return this.#nodes[0];
  }

  push(node: T): void {
    node.place = this.#nodes.length;
    this.#nodes.push(node);
    this.#up(node);
  }

  pop(): T | undefined {
    const first = this.#nodes[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  remove(node: T): void {
    const hole = node.place;
    const last = this.#nodes.pop()!;
    node.place = -1;
    if (last === node) return;
    this.#put(last, hole);
    this.#up(last);
    this.#down(last);
  }

  #put(node: T, place: number): void {
    this.#nodes[place] = node;
    node.place = place;
  }

  #up(node: T): void {
    while (node.place > 0) {
      const parent = this.#nodes[(node.place - 1) >> 1]!;
      if (!this.#before(node, parent)) return;
      this.#swap(node, parent);
    }
  }

  #down(node: T): void {
    for (;;) {
      const left = this.#nodes[2 * node.place + 1];
      const right = this.#nodes[2 * node.place + 2];
      const child = left !== undefined && right !== undefined && this.#before(right, left) ? right : left;
      if (child === undefined || !this.#before(child, node)) return;
      this.#swap(child, node);
    }
  }

  #swap(a: T, b: T): void {
    const place = a.place;
    this.#put(a, b.place);
    this.#put(b, place);
  }
}
