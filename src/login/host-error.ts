// What the host's own functions throw. It may come from a library inside them: a client of some service throws a 404
// with the address that it called. A 4xx keeps its status, and its words are shown where it says that they are meant
// for visitors, by `expose: true` as http-errors has it.

const thrown = new WeakSet<object>()

/** Calls a function of the host's, and remembers what it throws. */
export async function callHost<T> (call: () => T | Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (Object(error) === error) thrown.add(error as object)
    throw error
  }
}

/** True for an error of the host's whose words nobody has meant for visitors. */
export function isUnexposed (error: unknown): boolean {
  const { code, expose } = Object(error) as { code?: unknown, expose?: unknown }
  const isOfFastify = typeof code === 'string' && code.startsWith('FST_')
  return thrown.has(Object(error) as object) && expose !== true && !isOfFastify
}
