// What is mutated, a part of the code at a time, and which tests must notice: those that know that part, the quick ones first.

const flows = (...names) => names.map(name => `test/flows/${name}.test.js`)
const threats = (...names) => names.map(name => `test/threats/${name}.test.js`)
const sources = (folder, ...names) => names.map(name => `src/${folder}/${name}.ts`)

export const areas = {
  wechat: {
    mutate: ['src/wechat/**/*.ts'],
    tests: ['test/wechat/*.test.js', 'test/properties.test.js', ...flows('events')]
  },
  'login-attempts': {
    mutate: ['src/redirect-target.ts', 'src/attempt/*.ts', 'src/ways/**/*.ts', ...sources('login', 'event-identity', 'start-login'), ...sources('session', 'ended-logins', 'session-store', 'stored-login')],
    tests: ['test/redirect-target.test.js', 'test/login/*.test.js', ...flows('login', 'edges', 'lost-cookies', 'events'), 'test/routes/embed.test.js', ...flows('tokens', 'stores'), 'test/properties.test.js']
  },
  'login-sessions': {
    mutate: [...sources('login', 'handle-callback', 'complete-login', 'resolve-user'), ...sources('session', 'login-record', 'request-session', 'session-answer', 'session-check')],
    tests: [...flows('login', 'edges', 'session-answers', 'host-sessions', 'lifetime'), ...threats('g-wechat', 'b-code', 'c-session'), ...flows('repeated', 'users', 'events', 'lost-cookies', 'tokens'), ...threats('a-state'), ...flows('stores', 'host-faults')]
  },
  'login-visitors': {
    mutate: [...sources('login', 'access-token', 'apps', 'context', 'end-login', 'guard', 'realm', 'request-user', 'signed-out'), ...sources('session', 'current-login')],
    tests: [...flows('login', 'edges', 'tokens', 'lost-cookies', 'lifetime', 'events'), ...threats('h-operations', 'e-browser', 'c-session'), ...flows('users', 'composition', 'tenants', 'host-sessions', 'host-faults')]
  }
}
