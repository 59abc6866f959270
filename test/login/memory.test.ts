// What a process remembers of logins that are over (spent, ended), how the shared store keeps it (seal), and for how
// long a store is waited for.

import fc from 'fast-check'
import { test } from 'tap'
import { EndedLogins } from '../../src/session/ended-logins'
import { askInTime, type StoreRef } from '../../src/session/session-store'
import { open, seal } from '../../src/attempt/seal'
import type { Login, SessionRef } from '../../src/session/login-record'
import { type Outcome, type Returned, type Run, SpentAttempts } from '../../src/attempt/spent-attempts'
import { createRevokeAgain } from '../../src/session/stored-login'

const nothing = (): void => {}
const endsAt = 900_000
const returned = (change: Partial<Returned> = {}): Returned => ({ state: 'state', code: 'code', endsAt, ...change })
const at = (session: string): SessionRef => ({ session, loginId: 'login' })
const made = (session: string): Outcome => ({ sessionRef: at(session) })

test('the callbacks of an attempt share one run and its outcome, while it goes on and afterwards', async t => {
  const spent = new SpentAttempts()
  t.equal(spent.find('a'), undefined)
  let finish: (outcome: Outcome) => void = nothing
  const first = spent.run('a', returned(), () => new Promise(resolve => { finish = resolve }))
  const second = spent.find('a')
  finish(made('pointer'))
  t.strictSame(await first, made('pointer'))
  t.strictSame(await second, at('pointer'))
  t.strictSame(await spent.find('a'), at('pointer'))
  t.equal(spent.find('b'), undefined, 'another attempt knows nothing of it')
})

test('a failure before the code has left keeps the attempt usable; the callbacks that waited fail with it', async t => {
  const spent = new SpentAttempts()
  const first = spent.run('a', returned(), async () => { throw new Error('no connection') })
  const second = spent.find('a')
  await t.rejects(first, { message: 'no connection' })
  await t.rejects(second as Promise<SessionRef>, { message: 'no connection' })
  t.equal(spent.find('a'), undefined)
  t.strictSame(await spent.run('a', returned(), async () => made('pointer')), made('pointer'))
})

test('a failure after the code has left is final', async t => {
  const spent = new SpentAttempts()
  const work = async (run: Run): Promise<Outcome> => {
    run.spent = true
    throw new Error('used')
  }
  await t.rejects(spent.run('a', returned(), work), { message: 'used' })
  t.equal(spent.find('a'), null)
})

test('a code leads to the attempt that came with it first, for as long as that is remembered', async t => {
  const spent = new SpentAttempts()
  const first = spent.run('a', returned({ state: 'first' }), async run => {
    run.spent = true
    return made('a')
  })
  await spent.run('b', returned({ state: 'second', endsAt: endsAt + 1 }), async () => made('b'))
  t.equal(spent.findByCode('code')?.state, 'first')
  t.equal(spent.findByCode('code')?.outcome, spent.find('a'))
  t.equal(spent.findByCode('other'), undefined)
  await first
  spent.sweep(endsAt + 60_000)
  t.equal(spent.findByCode('code'), undefined)
})

test('a later attempt that came with the same code, and failed before the code had left, takes nothing from the first', async t => {
  const spent = new SpentAttempts()
  await spent.run('a', returned({ state: 'first' }), async () => made('a'))
  await t.rejects(spent.run('b', returned({ state: 'second' }), async () => { throw new Error('no connection') }))
  t.equal(spent.findByCode('code')?.state, 'first')
})

test('a code that never left leads nowhere', async t => {
  const spent = new SpentAttempts()
  await t.rejects(spent.run('a', returned(), async () => { throw new Error('no connection') }))
  t.equal(spent.findByCode('code'), undefined)
})

test("a spent attempt is forgotten a minute after the attempt's own end", async t => {
  const spent = new SpentAttempts()
  await spent.run('late', returned({ endsAt: endsAt + 1 }), async () => made('1'))
  await spent.run('early', returned(), async () => made('2'))
  spent.sweep(endsAt + 59_999)
  t.equal(spent.size, 2)
  spent.sweep(endsAt + 60_000)
  t.equal(spent.size, 1, 'whatever the order in which they came')
  t.equal(spent.find('early'), undefined)
  t.strictSame(await spent.find('late'), at('1'))
})

test('T60: at most 100,000 spent attempts are remembered, and the oldest goes', async t => {
  t.equal(new SpentAttempts().most, 100_000)
  const spent = new SpentAttempts(100)
  for (let count = 0; count <= 100; count++) {
    await spent.run(`${count}`, returned({ code: `${count}` }), async () => made('pointer'))
  }
  t.equal(spent.size, 100)
  t.equal(spent.find('0'), undefined)
  t.strictSame(await spent.find('100'), at('pointer'))
})

const quarter = 15 * 60_000

test('a login that has ended stays ended for a quarter of an hour, and until the store has said that its session did not come back', async t => {
  const ended = new EndedLogins()
  const asked: string[] = []
  let answer: (cameBack: boolean) => void = nothing
  ended.add('a', 0, () => {
    asked.push('a')
    return new Promise(resolve => { answer = resolve })
  })
  ended.add('b', 1, async () => {
    asked.push('b')
    return false
  })
  t.ok(ended.has('a'))
  t.notOk(ended.has('c'))
  await ended.sweep(quarter - 1)
  t.strictSame(asked, [])
  const swept = ended.sweep(quarter)
  t.strictSame(asked, ['a'])
  t.ok(ended.has('a'), 'the store has not answered')
  answer(false)
  await swept
  t.notOk(ended.has('a'))
  t.ok(ended.has('b'))
  t.equal(ended.size, 1)
})

test('a session that came back is ended again, and its login remembered for as long again', async t => {
  const ended = new EndedLogins()
  const answers = [true, true, false]
  let asked = 0
  ended.add('a', 0, async () => answers[asked++]!)
  for (const round of [1, 2]) {
    await ended.sweep(round * quarter)
    t.equal(asked, round)
    t.ok(ended.has('a'))
    await ended.sweep((round + 1) * quarter - 1)
    t.equal(asked, round, 'not before its time')
  }
  await ended.sweep(3 * quarter)
  t.notOk(ended.has('a'))
})

test('a store that says ENOENT holds nothing; one that fails in any other way cannot tell, is asked again, and destroys nothing that may be somebody\'s', async t => {
  const told: boolean[] = []
  const destroyed: string[] = []
  const failure = (code: string): Error => Object.assign(new Error('no answer'), { code })
  for (const code of ['ENOENT', 'ECONNRESET']) {
    for (const get of [
      (_id: string, done: (error: Error) => void) => { done(failure(code)) },
      () => { throw failure(code) }
    ]) {
      const store = {
        get,
        destroy (id: string, done: () => void) { destroyed.push(id); done() }
      } as unknown as StoreRef['store']
      told.push(await createRevokeAgain({ store, sessionId: code }, { id: 'a' } as Login, 1000)())
    }
  }
  t.strictSame(told, [false, false, true, true])
  t.strictSame(destroyed, [])
})

test('a session that cannot be destroyed a second time, whatever the store does, is one that came back', async t => {
  for (const destroy of [
    (_id: string, done: (error: Error) => void) => { done(new Error('locked')) },
    () => { throw new Error('locked') },
    nothing
  ]) {
    const store = {
      get (_id: string, done: (error: null, session: unknown) => void) { done(null, { wechatLogin: { id: 'a' } }) },
      destroy
    } as unknown as StoreRef['store']
    t.equal(await createRevokeAgain({ store, sessionId: 'id' }, { id: 'a' } as Login, 1)(), true)
  }
})

test('a session is destroyed a second time only while it still holds the login that has ended', async t => {
  const destroyed: string[] = []
  const sessions: Record<string, unknown> = {
    forgotten: undefined,
    empty: {},
    junk: { wechatLogin: null },
    other: { wechatLogin: { id: 'b' } },
    back: { wechatLogin: { id: 'a' } }
  }
  const store = {
    get (id: string, done: (error: null, session: unknown) => void) { done(null, sessions[id]) },
    destroy (id: string, done: () => void) { destroyed.push(id); done() }
  } as unknown as StoreRef['store']
  const told = await Promise.all(Object.keys(sessions).map(sessionId =>
    createRevokeAgain({ store, sessionId }, { id: 'a' } as Login, 1000)()))
  t.strictSame(told, [false, false, false, false, true])
  t.strictSame(destroyed, ['back'])
})

test('a login that ends twice is remembered from its last end, and holds up no other', async t => {
  const ended = new EndedLogins()
  const gone = async (): Promise<boolean> => false
  ended.add('a', 0, gone)
  ended.add('b', 500, gone)
  ended.add('a', 1000, gone)
  await ended.sweep(quarter + 500)
  t.ok(ended.has('a'))
  t.notOk(ended.has('b'))
  await ended.sweep(quarter + 1000)
  t.notOk(ended.has('a'))
})

test('T60: at most 100,000 ended logins are remembered, and the oldest is ended a last time', t => {
  t.equal(new EndedLogins().most, 100_000)
  const ended = new EndedLogins(100)
  const asked: number[] = []
  for (let count = 0; count <= 100; count++) {
    ended.add(`${count}`, count, async () => {
      asked.push(count)
      return true
    })
  }
  t.equal(ended.size, 100)
  t.strictSame(asked, [0])
  t.notOk(ended.has('0'))
  t.end()
})

const [key, otherKey] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
const state = '0123456789abcdef0123456789abcdef'
const pointer = 'session-id.signature'

test('what is sealed is not opened by a part of its proof', t => {
  const whole = Buffer.from(seal('', state, [key]), 'base64url')
  t.equal(open(whole.toString('base64url'), state, [key]), '')
  for (let length = 0; length < whole.length; length++) {
    t.equal(open(whole.subarray(0, length).toString('base64url'), state, [key]), null, `${length} bytes`)
  }
  t.end()
})

test('what is sealed for a state is opened with that state and key, and tells nothing by itself', t => {
  const sealed = seal(pointer, state, [key])
  t.match(sealed, /^[\w-]+$/)
  t.equal(open(sealed, state, [key]), pointer)
  t.notMatch(Buffer.from(sealed, 'base64url').toString('latin1'), pointer)
  t.not(seal(pointer, state, [key]), sealed, 'the same text is sealed differently each time')
  t.equal(open(seal('', state, [key]), state, [key]), '')
  t.equal(open(seal('密🌱', state, [key]), state, [key]), '密🌱')
  t.end()
})

test('what another process, of an earlier version, has sealed is opened', t => {
  t.equal(open('AwMDAwMDAwMDAwMDf4eJ8TAbkt4Z0pMv6i7ciMYTgMb2unxgzUvyyXf12ksEoA76', state, [key]), pointer)
  t.end()
})

test('a seal does not open for another state or key', t => {
  const sealed = seal(pointer, state, [key])
  t.equal(open(sealed, state.replace('0', '1'), [key]), null)
  t.equal(open(sealed, '', [key]), null)
  t.equal(open(sealed, state, [otherKey]), null)
  t.equal(open(sealed, state, []), null)
  t.end()
})

test('the newest key seals, and older ones still open', t => {
  t.equal(open(seal(pointer, state, [key]), state, [otherKey, key]), pointer)
  t.equal(open(seal(pointer, state, [otherKey, key]), state, [otherKey]), pointer)
  t.equal(open(seal(pointer, state, [otherKey, key]), state, [key]), null)
  t.end()
})

test('a seal with any byte changed, cut off or added does not open', t => {
  const bytes = Buffer.from(seal(pointer, state, [key]), 'base64url')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at]! ^= 1
    if (open(changed.toString('base64url'), state, [key]) !== null) t.fail(`byte ${at} was changed`)
    if (open(bytes.subarray(0, at).toString('base64url'), state, [key]) !== null) t.fail(`cut off after ${at} bytes`)
  }
  t.equal(open(Buffer.concat([bytes, Buffer.alloc(1)]).toString('base64url'), state, [key]), null)
  t.end()
})

test('property: whatever a store returns in place of a seal is no pointer, and nothing throws', t => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.oneof(fc.anything(), fc.base64String(), fc.string()), untrusted =>
      open(untrusted, state, [key]) === null))
  })
  t.doesNotThrow(() => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => open(seal(text, state, [key]), state, [key]) === text)
    )
  })
  t.end()
})

test('an answer in time is passed on, at once or later, whatever it is, and leaves no timer behind', async t => {
  const timers = (): number => process.getActiveResourcesInfo().filter(resource => resource === 'Timeout').length
  const before = timers()
  t.equal(await askInTime(settle => { settle(null, 'value') }, 5000), 'value')
  t.equal(await askInTime(settle => { setImmediate(settle, undefined, 'value') }, 5000), 'value')
  await t.rejects(askInTime(settle => { settle(new Error('broken')) }, 5000), { message: 'broken' })
  await t.rejects(askInTime(settle => { setImmediate(settle, new Error('broken')) }, 5000), { message: 'broken' })
  await t.rejects(askInTime(() => { throw new Error('thrown') }, 5000), { message: 'thrown' })
  t.equal(timers(), before)
})

test('an answer that takes too long becomes an error', async t => {
  await t.rejects(askInTime(nothing, 1), { message: 'the session store did not answer in time' })
})
