// The two READMEs say the same: the same sections in the same order, code that differs in its comments alone, tables
// with the same rows, and in every section the same names, numbers and links. So what test/readme.test.ts finds true of
// one is true of the other.

import { test } from 'tap'
import { anchorOf, codeIn, readReadme, type Section, withoutComments } from './fixture/readme'

const headings: Array<[en: string, zh: string]> = [
  ['fastify-wechat-login', 'fastify-wechat-login'],
  ['Try it in one minute', '一分钟试用'],
  ['Register it', '注册插件'],
  ['Set up the two WeChat apps', '配置微信的两个应用'],
  ['The service account, for `oneclick`', '服务号：用于 `oneclick`'],
  ['The Website App, for `qr`', '网站应用：用于 `qr`'],
  ['One person, one `unionid`', '同一个人，同一个 `unionid`'],
  ['When WeChat shows an error instead', '微信显示错误页怎么办'],
  ['Ask the doctor', '用 doctor 检查配置'],
  ['Protect routes', '保护路由'],
  ['Keep users', '保存用户'],
  ['In PostgreSQL, linked and joined', '用 PostgreSQL：关联与合并'],
  ['List logins, end one, allow one device', '列出登录、结束其中一个、只允许一台设备'],
  ['Ask for the profile on one page only', '只在一个页面要头像昵称'],
  ['A QR code in your own page', '在自己的页面里放二维码'],
  ['Single-page apps', '单页应用'],
  ['Test your application', '测试你的应用'],
  ['More than one machine', '多台机器'],
  ['Several accounts', '多个账号'],
  ['One authorised domain for many sites', '一个授权域名，多个网站'],
  ["WeChat's tokens", '微信的令牌'],
  ['How long a login lasts', '登录的有效期'],
  ['Behind a proxy', '放在代理后面'],
  ['With other plugins', '配合其他插件'],
  ['Metrics and traces', '监控与链路追踪'],
  ['Metrics, with prom-client', '指标：prom-client'],
  ['Traces, with OpenTelemetry', '链路：OpenTelemetry'],
  ['Options', '选项'],
  ['Routes', '路由'],
  ['Errors', '错误'],
  ['Cookies', 'Cookie'],
  ['The WeChat client alone', '单独使用微信客户端'],
  ['Security', '安全'],
  ['Performance', '性能'],
  ['Migrating', '迁移'],
  ['From hand-written code', '从手写代码迁移'],
  ['From passport-wechat', '从 passport-wechat 迁移'],
  ['From @fastify/oauth2', '从 @fastify/oauth2 迁移'],
  ['License', '许可证']
]

const english = readReadme('README.md')
const chinese = readReadme('README.zh-CN.md')
const pairs = english.map((en, index): [Section, Section] =>
  [en, chinese[index] ?? { level: 0, heading: '', prose: '', blocks: [], tables: [] }])

const unique = (texts: string[]): string[] => [...new Set(texts)].sort()
const numbersIn = (text: string): string[] => unique(text.match(/\d[\d,.]*\d|\d/g) ?? [])

/** Where a section's links lead, those to a section by the English name of it. */
function linksIn ({ prose }: Section): string[] {
  return [...prose.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target!).map(target => {
    const pair = headings.find(names => names.some(name => `#${anchorOf(name)}` === target))
    return pair?.[0] ??
      target.replace('README.zh-CN.md', 'the other').replace('README.md', 'the other').replace('docs/zh-CN/', 'docs/')
  }).sort()
}

test('the same sections stand in the same order', t => {
  t.strictSame(english.map(({ heading }) => heading), headings.map(([en]) => en))
  t.strictSame(chinese.map(({ heading }) => heading), headings.map(([, zh]) => zh))
  t.strictSame(chinese.map(({ level }) => level), english.map(({ level }) => level))
  t.end()
})

test('each has the same code, but for comments', t => {
  for (const [en, zh] of pairs) {
    t.strictSame(zh.blocks.map(({ language }) => language), en.blocks.map(({ language }) => language), en.heading)
    t.strictSame(zh.blocks.map(withoutComments), en.blocks.map(withoutComments), en.heading)
  }
  t.end()
})

test('each has the same tables: as many rows and cells, with the same names and numbers', t => {
  const facts = ({ tables }: Section) =>
    tables.map(table => table.map(row => row.map(cell => [unique(codeIn(cell)), numbersIn(cell)])))
  for (const [en, zh] of pairs) t.strictSame(facts(zh), facts(en), en.heading)
  t.end()
})

test('each names the same things, numbers and links', t => {
  for (const [en, zh] of pairs) {
    t.strictSame(unique(codeIn(zh.prose)), unique(codeIn(en.prose)), en.heading)
    t.strictSame(numbersIn(zh.prose), numbersIn(en.prose), en.heading)
    t.strictSame(linksIn(zh), linksIn(en), en.heading)
  }
  t.end()
})

test('the Chinese one is Chinese: every paragraph, row and comment', t => {
  const isChinese = (text: string): boolean => /\p{Script=Han}/u.test(text)
  for (const { prose, heading, blocks } of chinese) {
    const lines = prose.split('\n').filter(line =>
      /[a-z]{4,} [a-z]{2,} [a-z]{2,}/.test(line.replace(/`[^`]*`|"[^"]*"|“[^”]*”|\]\([^)]*\)/g, '')))
    t.strictSame(lines.filter(line => !isChinese(line)), [], heading)
    const comments =
      blocks.flatMap(({ code }) => code.split('\n')).filter(line => /^\s*(?:\/\/|#|\/\*\*) .* /.test(line))
    t.strictSame(comments.filter(line => !isChinese(line)), [], heading)
  }
  t.end()
})
