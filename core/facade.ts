/**
 * Stable stand-ins for slots: a plugin keeps one object for a need, and the kernel changes what is
 * behind it. Listeners (methods that begin with `on`) are carried over to the new filling.
 */

/** A listener that a consumer holds. */
interface Registration {
  readonly method: string;
  readonly args: readonly unknown[];
  held: Disposable;
}

type Methods = Record<string, unknown>;

/** What stands behind one slot, and its stand-in. */
export class Facade<T extends object> {
  #current: T | undefined;
  readonly #registrations = new Set<Registration>();
  readonly #forwarders = new Map<string, unknown>();
  /** The object that consumers keep. */
  readonly standIn: T;

  constructor(readonly slot: string) {
    const get = (_target: object, property: string | symbol): unknown =>
      typeof property === "symbol" ? undefined : this.#read(property);
    // The proxy answers for whatever interface T the current filling has.
    this.standIn = new Proxy({}, { get }) as T;
  }

  /** The current filling. */
  get current(): T | undefined {
    return this.#current;
  }

  /** Puts another filling behind the stand-in; listeners move over. */
  fill(next: T | undefined): void {
    this.#current = next;
    this.#forwarders.clear();
    if (next === undefined) return;
    for (const registration of this.#registrations) {
      registration.held[Symbol.dispose]();
      registration.held = this.#register(registration.method, registration.args);
    }
  }

  #filling(): Methods {
    if (this.#current === undefined) {
      throw new Error(`Cannot use slot "${this.slot}": nothing fills it yet`);
    }
    return this.#current as Methods;
  }

  #read(property: string): unknown {
    const forwarder = this.#forwarders.get(property);
    if (forwarder !== undefined) return forwarder;
    const filling = this.#filling();
    const value = filling[property];
    if (typeof value !== "function") return value;
    const made = /^on[A-Z]/.test(property)
      ? (...args: unknown[]) => this.#listen(property, args)
      : value.bind(filling);
    this.#forwarders.set(property, made);
    return made;
  }

  #register(method: string, args: readonly unknown[]): Disposable {
    const filling = this.#filling();
    const value = filling[method];
    if (typeof value !== "function") {
      throw new Error(`Cannot listen: slot "${this.slot}" has no ${method}`);
    }
    return value.apply(filling, args) as Disposable;
  }

  #listen(method: string, args: readonly unknown[]): Disposable {
    const registration: Registration = { method, args, held: this.#register(method, args) };
    this.#registrations.add(registration);
    return {
      [Symbol.dispose]: () => {
        if (this.#registrations.delete(registration)) registration.held[Symbol.dispose]();
      },
    };
  }
}
