/** The functions registered with one `on...` method of a slot. */
export class Listeners<A extends unknown[] = []> {
  readonly #fns = new Set<(...args: A) => void>();

  /** Registers `fn` until the result is disposed; the same function may be registered several times. */
  on(fn: (...args: A) => void): Disposable {
    const own = (...args: A): void => fn(...args);
    this.#fns.add(own);
    return { [Symbol.dispose]: () => void this.#fns.delete(own) };
  }

  /**
   * Calls every listener that was registered when the call began and still is. A listener that throws
   * keeps no other from hearing; the first error is thrown afterwards, for the port's guard to count.
   */
  emit(...args: A): void {
    let failure: { readonly error: unknown } | undefined;
    for (const fn of [...this.#fns]) {
      if (!this.#fns.has(fn)) continue;
      try {
        fn(...args);
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  }

  /** How many are registered. */
  get size(): number {
    return this.#fns.size;
  }

  /** Forgets every listener: nothing is heard after `stop`. */
  clear(): void {
    this.#fns.clear();
  }
}
