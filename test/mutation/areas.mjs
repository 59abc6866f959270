// What is mutated, a part of the code at a time, and which tests must notice: those that know that part, the quick ones first.

const flows = (...names) => names.map(name => `test/flows/${name}.test.ts`)
const threats = (...names) => names.map(name => `test/threats/${name}.test.ts`)
const login = (...names) => names.map(name => `src/login/${name}.ts`)

export const areas = {
  wechat: {
    mutate: ['src/wechat/**/*.ts'],
    tests: ['test/wechat/*.test.ts', 'test/properties.test.ts', ...flows('events')]
  },
  'login-attempts': {
    mutate: ['src/redirect-target.ts', ...login('attempt', 'cookies', 'ended-logins', 'identify', 'random', 'seal', 'session-store', 'spent-attempts', 'start', 'stored-login')],
    tests: ['test/redirect-target.test.ts', 'test/login/*.test.ts', ...flows('login', 'edges', 'lost-cookies', 'events'), 'test/routes/embed.test.ts', ...flows('tokens', 'stores'), 'test/properties.test.ts']
  },
  'login-sessions': {
    mutate: login('come-back', 'complete', 'finish', 'login', 'marker', 'session', 'session-answer', 'session-check'),
    tests: [...flows('login', 'edges', 'session-answers', 'host-sessions', 'lifetime'), ...threats('g-wechat', 'b-code', 'c-session'), ...flows('repeated', 'users', 'events', 'lost-cookies', 'tokens'), ...threats('a-state'), ...flows('stores', 'host-faults')]
  },
  'login-visitors': {
    mutate: login('apps', 'context', 'current-login', 'guard', 'logout', 'signed-out', 'tokens', 'user'),
    tests: [...flows('login', 'edges', 'tokens', 'lost-cookies', 'lifetime', 'events'), ...threats('h-operations', 'e-browser', 'c-session'), ...flows('users', 'composition', 'tenants', 'host-sessions', 'host-faults')]
  }
}
