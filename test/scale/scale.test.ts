// Several machines behind one address: what starts on A comes back to B and is read on C, while machines die under way.

import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { createClient } from 'redis'
import { type Test, test } from 'tap'
import { startWechatSimulator, type WechatSimulator } from '../../src/simulator'
import { type Answer, agents, Browser } from '../fixture/browser'
import { createMachine, findProgram, type Machine, startProxy, startRedis } from '../fixture/machines'
import { reportMissing } from '../fixture/missing'

const origin = 'https://app.example.com'
// At least so many, and for as long as there is trouble. A long run: SCALE_LOGINS=5000 SCALE_KILLS=26.
const { SCALE_LOGINS: logins = '300', SCALE_KILLS: kills = '4' } = process.env
const secret = 'the session secret of all machines, long enough'
const oldKey = 'the first secret of the attempts, long enough'
const newKey = 'the second secret of the attempts, long enough'
const people = Array.from({ length: 500 }, (_, index) => ({ id: `person${index}` }))

interface Cluster {
  wechat: WechatSimulator
  machines: Machine[]
  proxy: string
  restartRedis: () => Promise<void>
  redis: { hGetAll: (key: string) => Promise<Record<string, string>>, del: (key: string) => Promise<unknown> }
}

async function startCluster (t: Test): Promise<Cluster | undefined> {
  const program = findProgram('redis-server', 'valkey-server')
  if (program === undefined || findProgram('nginx') === undefined) {
    reportMissing(t, 'several machines, which need redis-server and nginx: apt-get install redis-server nginx-light')
    return undefined
  }
  const folder = t.testdir({})
  const wechat = await startWechatSimulator({ callbackOrigin: origin, users: people })
  t.teardown(() => wechat.close())
  const redisServer = await startRedis(program, join(folder, 'redis'))
  t.teardown(() => redisServer.stop())
  const redis = createClient({ url: redisServer.url })
  redis.on('error', () => {})
  await redis.connect()
  t.teardown(() => { redis.destroy() })
  const machines = await Promise.all(['a', 'b', 'c'].map((name, index) => createMachine({
    name,
    redisUrl: redisServer.url,
    wechat: wechat.control.pluginOptions(wechat.url),
    secret,
    attemptSecrets: [oldKey],
    // A minute between the clocks of the first and the last.
    skew: index * 30_000
  })))
  t.teardown(() => Promise.all(machines.map(machine => machine.kill())))
  await Promise.all(machines.map(machine => machine.start()))
  const proxy = await startProxy(join(folder, 'nginx'), machines.map(machine => machine.port))
  t.teardown(() => proxy.stop())
  return {
    wechat,
    machines,
    proxy: proxy.address,
    restartRedis: redisServer.restart,
    redis: redis as unknown as Cluster['redis']
  }
}

const via = (address: string, userAgent = agents.desktop): Browser =>
  new Browser({ 'app.example.com': address }, userAgent)

/** A visitor behind the proxy, who reloads what did not load and starts again where the page says so. */
async function visit ({ wechat, proxy }: Cluster, person: string, tally: Tally): Promise<void> {
  const browser = via(proxy, randomInt(2) === 0 ? agents.desktop : agents.wechat)
  for (let turn = 0; turn < 10; turn++) {
    const start = await reload(() => browser.get(`${origin}/wechat/login?redirect=/account`), tally)
    if (start.status !== 302) continue
    tally.started++
    const callback = wechat.control.approve(start.location, { user: person })
    const back = await reload(() => browser.get(callback), tally)
    if (back.status === 303) {
      const account = await reload(() => browser.fetch(`${origin}/account`), tally)
      const appid = new URL(start.location).searchParams.get('appid')!
      if (account.status !== 200) tally.lost.push(`${account.status} after the login: ${account.body}`)
      else if (account.json().user.openid !== wechat.control.openid(appid, person)) tally.wrong++
      else tally.finished++
      return
    }
    // A machine died between the exchange and the session: WeChat takes no code twice, and the page asks to log in
    // again.
    tally.again++
    if (await isUnspent(wechat, callback, start.location)) {
      tally.lost.push(`${back.status} for a code that WeChat still takes: ${back.body}`)
    }
  }
  tally.lost.push('ten turns were not enough')
}

/** True where WeChat would still honour the code. */
async function isUnspent (wechat: WechatSimulator, callback: string, authorizeUrl: string): Promise<boolean> {
  const appid = new URL(authorizeUrl).searchParams.get('appid')!
  const { secret } = wechat.control.apps.find(app => app.appid === appid)!
  const query = new URLSearchParams({
    appid,
    secret,
    code: new URL(callback).searchParams.get('code')!,
    grant_type: 'authorization_code'
  })
  const reply = await fetch(`${wechat.url}/sns/oauth2/access_token?${query}`)
  return (JSON.parse(await reply.text()) as { errcode?: number }).errcode !== 40163
}

interface Tally { started: number, finished: number, reloads: number, wrong: number, lost: string[], again: number }

/** What does not load is loaded again: a Redis and a machine need their time to start. */
async function reload (ask: () => Promise<Answer>, tally: Tally): Promise<Answer> {
  for (let turn = 0; turn < 600; turn++) {
    const answer = await ask().catch(() => undefined)
    if (answer !== undefined && answer.status < 500) return answer
    tally.reloads++
    await new Promise(resolve => { setTimeout(resolve, 100) })
  }
  return ask()
}

/** Works that often, and goes on while there is need. Resolves with how often it was. */
async function inParallel (count: number, workers: number, work: (index: number) => Promise<void>, isNeeded = () =>
  false): Promise<number> {
  let next = 0
  await Promise.all(Array.from({ length: workers }, async () => {
    while (next < count || isNeeded()) await work(next++)
  }))
  return next
}

function sessionOf (answer: Answer): string | undefined {
  return answer.setCookies.find(line => line.startsWith('__Host-session='))?.split(';')[0]
}

async function callsOfOnUser (cluster: Cluster): Promise<number[]> {
  return Object.values(await cluster.redis.hGetAll('onUser')).map(Number)
}

test('several machines with one Redis', async t => {
  const cluster = await startCluster(t)
  if (cluster === undefined) return
  const { wechat, machines } = cluster
  const [a, b, c] = machines as [Machine, Machine, Machine]
  const at = (machine: Machine): string => `http://127.0.0.1:${machine.port}`
  const behindTls = { 'x-forwarded-proto': 'https' }

  await t.test('a login starts on A, comes back to B, is read on C and ends everywhere', async t => {
    const browser = via(at(a))
    const start = await browser.get(`${origin}/wechat/login`, behindTls)
    browser.hosts['app.example.com'] = at(b)
    t.equal((await browser.get(wechat.control.approve(start.location, { user: 'person1' }), behindTls)).status, 303)
    browser.hosts['app.example.com'] = at(c)
    t.equal((await browser.fetch(`${origin}/account`, { headers: behindTls })).json().name, 'c')
    const kept = browser.cookieHeader('app.example.com')
    t.equal(
      (await browser.post(`${origin}/wechat/logout`, {}, { ...behindTls, 'sec-fetch-site': 'same-origin' })).status,
      204
    )
    for (const machine of machines) {
      t.equal(
        (await via(at(machine)).fetch(`${origin}/account`, { headers: { ...behindTls, cookie: kept } })).status,
        401
      )
    }
  })

  await t.test('the same callback at two machines at once is one login with one onUser and one session', async t => {
    await cluster.redis.del('onUser')
    let different = 0
    await inParallel(60, 8, async index => {
      const browser = via(at(a))
      const start = await browser.get(`${origin}/wechat/login`, behindTls)
      const callback = wechat.control.approve(start.location, { user: people[index]!.id })
      const cookie = browser.cookieHeader('app.example.com')
      const answers = await Promise.all([b, c].map(machine => via(at(machine)).get(callback, { ...behindTls, cookie })))
      if (answers.some(answer => answer.status !== 303)) {
        t.fail(`answers ${answers.map(answer => answer.status).join(', ')}: ${answers.map(answer => answer.body).join()}`)
      }
      if (sessionOf(answers[0]!) !== sessionOf(answers[1]!)) different++
    })
    t.equal(different, 0, 'every pair of answers has one session')
    t.strictSame([...new Set(await callsOfOnUser(cluster))], [1], 'one onUser a code')
  })

  await t.test('two codes for one attempt at two machines at once: both visitors are logged in, and the count is printed', async t => {
    await cluster.redis.del('onUser')
    let twice = 0
    let failed = 0
    await inParallel(60, 8, async index => {
      const browser = via(at(a))
      const start = await browser.get(`${origin}/wechat/login`, behindTls)
      const urls = wechat.control
        .duplicateCallbackUrls(wechat.control.approve(start.location, { user: people[index]!.id }), 'fresh')
      const cookie = browser.cookieHeader('app.example.com')
      const answers =
        await Promise.all([b, c].map((machine, which) => via(at(machine)).get(urls[which]!, { ...behindTls, cookie })))
      if (answers.some(answer => answer.status !== 303)) failed++
      if (sessionOf(answers[0]!) !== sessionOf(answers[1]!)) twice++
    })
    t.comment(`two codes at once at two machines: 60 attempts, ${twice} of them two ` +
      `sessions, ${(await callsOfOnUser(cluster)).length} calls of onUser, ${failed} refused`)
    t.equal(failed, 0)
    t.strictSame([...new Set(await callsOfOnUser(cluster))], [1], 'still one onUser a code')
  })

  await t.test('the secret of the attempts changes in two rolling steps, and no login is lost', async t => {
    const tally: Tally = { started: 0, finished: 0, reloads: 0, wrong: 0, lost: [], again: 0 }
    // A login that is under way while every machine is exchanged: begun before the step, finished after it.
    for (const step of [[oldKey, newKey], [newKey, oldKey], [newKey]]) {
      const browser = via(at(a))
      const start = await browser.get(`${origin}/wechat/login`, behindTls)
      const traffic = inParallel(60, 4, index => visit(cluster, people[index]!.id, tally))
      const last = step.length === 1
      if (last) {
        t.equal((await browser.get(wechat.control.approve(start.location, { user: 'person2' }), behindTls)).status, 303)
      }
      for (const machine of machines) {
        await machine.stop()
        await machine.start({ attemptSecrets: step })
      }
      await traffic
      browser.hosts['app.example.com'] = at(b)
      if (!last) {
        t.equal((await browser.get(wechat.control.approve(start.location, { user: 'person2' }), behindTls)).status, 303)
      }
    }
    t.strictSame(tally.lost, [])
    t.equal(tally.finished, 180)
  })

  await t.test('no login is lost while machines are killed and Redis restarts', async t => {
    await cluster.redis.del('onUser')
    const tally: Tally = { started: 0, finished: 0, reloads: 0, wrong: 0, lost: [], again: 0 }
    let running = true
    const makeTrouble = async (): Promise<void> => {
      for (let killed = 0; killed < Number(kills); killed++) {
        const machine = machines[killed % machines.length]!
        await machine.kill()
        await machine.start()
        if (killed === 1) await cluster.restartRedis()
      }
    }
    const traffic =
      inParallel(Number(logins), 12, index => visit(cluster, people[index % people.length]!.id, tally), () => running)
    const [visits] = await Promise.all([traffic, makeTrouble().finally(() => { running = false })])
    const perCode = await callsOfOnUser(cluster)
    t.comment(JSON.stringify({
      machines: 3,
      kills,
      ...tally,
      lost: tally.lost.length,
      onUserTwiceForOneCode: perCode.filter(count => count > 1).length
    }))
    t.strictSame(tally.lost.slice(0, 3), [], 'no login is lost')
    t.equal(tally.finished, visits)
    t.equal(tally.wrong, 0, 'nobody is somebody else')
    t.equal(perCode.filter(count => count > 1).length, 0, 'onUser at most once a code')
  })
})
