/**
 * A Map that forgets its oldest entry when it is full, so that a simulator may run for weeks. The ring of keys makes
 * that constant time: a Map's own first key is found only behind everything deleted before it.
 */
export class BoundedMap<Key, Value> extends Map<Key, Value> {
  readonly #limit: number
  #ring: Key[] = []
  #oldest = 0

  constructor (limit: number) {
    super()
    this.#limit = limit
  }

  override set (key: Key, value: Value): this {
    if (!this.has(key)) this.#remember(key)
    return super.set(key, value)
  }

  override clear (): void {
    super.clear()
    this.#ring = []
    this.#oldest = 0
  }

  #remember (key: Key): void {
    if (this.#ring.length < this.#limit) {
      this.#ring.push(key)
      return
    }
    this.delete(this.#ring[this.#oldest] as Key)
    this.#ring[this.#oldest] = key
    this.#oldest = (this.#oldest + 1) % this.#limit
  }
}
