/** So far the clocks of several machines may differ, in milliseconds. */
export const clockSkew = 60_000
