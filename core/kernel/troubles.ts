// Which plugins are degraded, where and why. One bad place is one entry, however often it goes wrong.
import type { PluginHealth } from '../api/door.ts';
import type { Ref } from '../model/ref.ts';

export interface Trouble {
  readonly plugin: string;
  readonly where: string;
  readonly message: string;
}

export class Troubles {
  readonly #places = new Map<string, Map<string, string>>();
  readonly #degraded: (trouble: Trouble) => void;
  readonly #recovered: (plugin: string) => void;

  constructor(degraded: (trouble: Trouble) => void, recovered: (plugin: string) => void) {
    this.#degraded = degraded;
    this.#recovered = recovered;
  }

  /** `message` null: this place works again. */
  set(plugin: string, where: string, message: string | null): void {
    const places = this.#places.get(plugin) ?? new Map<string, string>();
    if (message === null) {
      if (!places.delete(where) || places.size > 0) return;
      this.#places.delete(plugin);
      this.#recovered(plugin);
      return;
    }
    const known = places.has(where);
    places.set(where, message);
    this.#places.set(plugin, places);
    if (!known) this.#degraded({ plugin, where, message });
  }

  /** Another plugin set begins: whatever goes wrong in it is found anew. */
  clear(): void {
    const plugins = [...this.#places.keys()];
    this.#places.clear();
    for (const plugin of plugins) this.#recovered(plugin);
  }

  /** The ref is gone, and with it whatever went wrong there. */
  forget(ref: Ref): void {
    for (const [plugin, places] of this.#places)
      for (const where of places.keys()) if (where.endsWith(` of ${ref}`)) this.set(plugin, where, null);
  }

  health(plugins: readonly string[]): PluginHealth[] {
    return plugins.map((plugin) => {
      const [first] = this.#places.get(plugin)?.entries() ?? [];
      return { plugin, degraded: first === undefined ? null : `${first[0]}: ${first[1]}` };
    });
  }
}
