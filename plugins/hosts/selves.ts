// Remembers for a moment which host this machine is: every look at a resource with a `host` asks.
import type { Context, SelfView } from 'realm-runner/plugin';
import { selfAmong } from './self.ts';
import type { Host, HostSpec } from './spec.ts';

const KEPT_MS = 30_000;

export const hostsOf = (ctx: Context): readonly Host[] => ctx.resources<HostSpec>('host');

export class Selves {
  #known: { readonly for: string; readonly at: number; readonly self: SelfView } | undefined;
  #asking: { readonly for: string; readonly answer: Promise<SelfView> } | undefined;

  /** Throws HOST_UNKNOWN. Found again after 30 s, and at once when the hosts or the machine's addresses are others. */
  async self(ctx: Context): Promise<SelfView> {
    const hosts = hostsOf(ctx);
    const key = JSON.stringify([ctx.machine(), hosts.map(({ name, spec }) => [name, spec.address])]);
    const known = this.#known;
    if (known?.for === key && ctx.now() - known.at < KEPT_MS && ctx.now() >= known.at) return known.self;
    if (this.#asking?.for !== key) {
      const answer = selfAmong(hosts, ctx);
      this.#asking = { for: key, answer };
      const over = (): void => {
        if (this.#asking?.answer === answer) this.#asking = undefined;
      };
      answer.then(over, over);
    }
    const self = await this.#asking.answer;
    this.#known = { for: key, at: ctx.now(), self };
    return self;
  }
}
