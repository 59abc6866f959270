// A session store that hangs must not hold a visitor for ever.

/** The outcome of what the session store was asked for, or an error when it takes longer than so many milliseconds. */
export async function inTime<T> (asked: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => { reject(new Error('the session store did not answer in time')) }, milliseconds)
  })
  try {
    return await Promise.race([asked, late])
  } finally {
    clearTimeout(timer)
  }
}
