// A session store that hangs must not hold a visitor for ever.

const limit = 5000

/** The promise's outcome, or an error with this text when it takes longer than five seconds. */
export async function inTime<T> (promise: Promise<T>, text: string, milliseconds = limit): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => { reject(new Error(text)) }, milliseconds)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
