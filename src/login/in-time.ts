// A session store that hangs must not hold a visitor for ever.

type Settle<T> = (error?: unknown, value?: T) => void

/** What the session store answers, or an error when it takes longer than so many milliseconds. One that answers at once costs no timer. */
export function inTime<T> (ask: (settle: Settle<T>) => void, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    let isSettled = false
    ask((error, value) => {
      isSettled = true
      clearTimeout(timer)
      if (error) reject(error)
      else resolve(value as T)
    })
    if (!isSettled) timer = setTimeout(() => { reject(new Error('the session store did not answer in time')) }, milliseconds)
  })
}
