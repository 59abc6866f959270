// What is mutated, a part of the code at a time, and which tests must notice: those that know that part, the quick ones
// first.

const flows = (...names) => names.map(name => `test/flows/${name}.test.ts`)
const threats = (...names) => names.map(name => `test/threats/${name}.test.ts`)

export const areas = {
  wechat: {
    mutate: ['src/wechat/**/*.ts'],
    tests: ['test/wechat/*.test.ts', 'test/properties.test.ts', ...flows('events')]
  },
  attempt: {
    mutate: ['src/redirect-target.ts', 'src/cookies.ts', 'src/attempt/**/*.ts'],
    tests: [
      'test/redirect-target.test.ts',
      'test/login/*.test.ts',
      ...flows('login', 'edges', 'lost-cookies', 'events'),
      'test/routes/embed.test.ts',
      ...flows('tokens', 'stores'),
      'test/properties.test.ts'
    ]
  },
  session: {
    mutate: ['src/session/**/*.ts'],
    tests: [
      ...flows('login', 'edges', 'session-answers', 'host-sessions', 'lifetime'),
      ...threats('g-wechat', 'b-code', 'c-session'),
      ...flows('repeated', 'users', 'events', 'lost-cookies', 'tokens'),
      ...threats('a-state'),
      ...flows('stores', 'host-faults')
    ]
  },
  login: {
    mutate: ['src/login/**/*.ts', 'src/ways/**/*.ts', 'src/urls.ts', 'src/request-kind.ts', 'src/request-origin.ts'],
    tests: [
      'test/request-kind.test.ts',
      ...flows('login', 'edges', 'tokens', 'lost-cookies', 'lifetime', 'events'),
      'test/routes/embed.test.ts',
      ...threats('h-operations', 'e-browser', 'c-session'),
      ...flows('users', 'repeated', 'composition', 'tenants', 'host-sessions', 'host-faults')
    ]
  }
}
