/**
 * A node's post as a POP, and its room for children: offers it in the catalogue, answers probes, and
 * tells the tree when it is full. Shared by the roles that serve children.
 */
import type { Catalog, Control, Exchange, Membership, ServePolicy, Tree } from "./slots.ts";

/** What a post needs of its node. */
export interface PostNeeds {
  readonly control: Control;
  readonly catalog: Catalog;
  readonly exchange: Exchange;
  readonly membership: Membership;
  readonly tree: Tree;
}

/** A node that serves children, and viewers too when it is a POP. */
export class ServingPost {
  readonly #needs: PostNeeds;
  #policy: ServePolicy;
  #pop: boolean;
  #held: Disposable[] = [];
  #draining = false;
  #full = false;

  constructor(needs: PostNeeds, policy: ServePolicy, pop: boolean) {
    this.#needs = needs;
    this.#policy = policy;
    this.#pop = pop;
  }

  /** Children served and whether there is room for more. */
  get load(): {
    readonly children: number;
    readonly maxChildren: number;
    readonly closed: boolean;
  } {
    const served = this.#needs.exchange.children();
    const children = served.length;
    const { maxChildren, maxBitrate } = this.#policy;
    // One more like the largest must fit, or whoever comes next is refused.
    const bitrate = served.reduce((sum, one) => sum + one.bitrate, 0);
    const largest = served.reduce((most, one) => Math.max(most, one.bitrate), 0);
    const full = children >= maxChildren || bitrate + largest > maxBitrate;
    // Whoever is served here stays while this node is merely full, and leaves when it drains: `closed`
    // with room left means the latter.
    if (this.#draining) {
      return { children, maxChildren: Math.max(maxChildren, children + 1), closed: true };
    }
    return {
      children,
      maxChildren: full ? Math.min(maxChildren, children) : maxChildren,
      closed: full,
    };
  }

  open(): void {
    const { control, exchange, membership } = this.#needs;
    this.#draining = false;
    exchange.serve(this.#policy);
    this.#held.push(exchange.onChange(() => this.#refresh()));
    if (this.#pop) {
      membership.offer({ pop: true });
      this.#held.push(
        control.onMessage("PROBE", (probe) => {
          control.reply(probe, "PROBED", { nonce: probe.body.nonce, ...this.load });
        }),
      );
    }
    this.#refresh();
  }

  /** Serves by another policy from now on, as a POP or none; whoever is served already stays. */
  change(policy: ServePolicy, pop: boolean): void {
    const was = this.#pop;
    [this.#policy, this.#pop] = [policy, pop];
    const draining = this.#draining;
    this.close();
    this.open();
    this.#draining = draining;
    if (was && !pop) {
      this.#needs.membership.offer({ pop: false });
      this.#needs.catalog.offerPop(undefined);
    }
  }

  close(): void {
    for (const held of this.#held.splice(0)) held[Symbol.dispose]();
  }

  /** Takes no new children, sends those it has to others, and resolves when they have gone or time is up. */
  async drain(withinMs: number): Promise<void> {
    this.#draining = true;
    this.#refresh();
    this.#needs.tree.transit(false);
    await this.#needs.exchange.drain(withinMs);
  }

  #refresh(): void {
    const load = this.load;
    if (this.#pop) this.#needs.catalog.offerPop(load);
    if (load.closed === this.#full) return;
    this.#full = load.closed;
    this.#needs.tree.full(load.closed);
  }
}
