// Where a login may end: on this site or on a listed one, never anywhere else, whatever the target looks like.

import fc from 'fast-check'
import { test } from 'tap'
import { checkRedirectTarget, comparablePath } from '../src/redirect-target'
import { asBrowsersResolve, hostile, legitimate, staysOnSite } from './fixture/redirects'

const shop = 'https://shop.example.com'
const ownPaths = new Set(['/wechat/login', '/wechat/logout', '/wechat/qr'].map(comparablePath))
const site = { origins: new Set<string>(), ownPaths }
const withShop = { origins: new Set([shop]), ownPaths }

test('no hostile target leaves the site, as it came, encoded, or decoded once more', t => {
  t.ok(hostile.length > 400, 'the corpus is there')
  for (const line of hostile) {
    for (const untrusted of [
      line, encodeURI(line), encodeURIComponent(line), decode(line), `/${line}`, `/x/..${line}`
    ]) {
      for (const rules of [site, withShop]) {
        const target = checkRedirectTarget(untrusted, rules)
        if (target !== null && !staysOnSite(target)) t.fail('leaves the site', { untrusted, target })
      }
    }
  }
  t.end()
})

test('a target that names another origin is refused, not repaired', t => {
  for (const untrusted of [
    '//evil.example', '//site.invalid/x', 'https://site.invalid/x', '/\\evil.example', '\\\\evil.example',
    'https://evil.example/x', 'javascript:alert(1)', 'data:text/html,x', 'https:evil.example', 'http:/evil.example',
    '/\t/evil.example', '/\n/evil.example', '\t//evil.example', ' //evil.example', ' /x', '/..//evil.example',
    '/.//evil.example', '/%2e%2e//evil.example', '/x/..//evil.example', '/x\\..\\\\evil.example', '/path\u0000',
    '/x\u007f', '/x\r\nSet-Cookie:a=b', 'evil.example', '@evil.example', '?x', '#x', '.', ''
  ]) {
    t.equal(checkRedirectTarget(untrusted, site), null, JSON.stringify(untrusted))
  }
  t.end()
})

test('every legitimate target is taken, as a browser would have resolved it', t => {
  t.ok(legitimate.length > 40, 'the corpus is there')
  for (const line of legitimate) t.equal(checkRedirectTarget(line, site), asBrowsersResolve(line), line.slice(0, 80))
  t.end()
})

test('what is no text is refused', t => {
  for (const untrusted of [
    undefined, null, 0, 1, true, ['/a'], ['/a', '/b'], [], {}, { toString: () => '/a' }, Symbol('/a'), () => '/a',
    Buffer.from('/a'), new URL('https://app.example.com/a')
  ]) {
    t.equal(checkRedirectTarget(untrusted, site), null, typeof untrusted)
  }
  t.end()
})

test("the plugin's own routes are refused in every disguise", t => {
  for (const untrusted of [
    '/wechat/login', '/wechat/login/', '/wechat/login//', '/WeChat/Login', '//wechat/login', '/wechat//login',
    '/wechat///login/', '/wechat/%6cogin', '/wechat/%6Cogin', '/%77%65%63%68%61%74/login', '/wechat%2flogin',
    '/wechat%2Flogin%2f', '/wechat/./login', '/x/../wechat/login', '/x/%2e%2e/wechat/login',
    '/wechat/login?redirect=/x', '/wechat/login#x', '/wechat/logout', '/wechat/qr?code=1&state=2', '/wechat/login;x=1',
    '/wechat/login/;x', '/wechat/login%3Bx', '/wechat/logi\u006e', '/wechat/LOGOUT/?x', `${shop}/wechat/login`,
    `${shop}/wechat//LOGIN/`
  ]) {
    t.equal(checkRedirectTarget(untrusted, withShop), null, untrusted)
  }
  t.end()
})

test('a path that only begins or ends like a route of the plugin is taken', t => {
  for (const target of [
    '/wechat/login-help', '/wechat/loginx', '/wechat', '/wechat/', '/x/wechat/login', '/wechat/login/help',
    '/wechat/me', '/?next=/wechat/login', '/#/wechat/login', '/wechat/%256cogin', '/wechat/login%'
  ]) {
    t.equal(checkRedirectTarget(target, site), target)
  }
  t.end()
})

test('a listed origin is taken, written as browsers write it', t => {
  const cases: Array<[untrusted: string, target: string]> = [
    [`${shop}/cart?x=1#y`, `${shop}/cart?x=1#y`],
    [shop, `${shop}/`],
    ['https://SHOP.example.com/', `${shop}/`],
    ['https://shop.example.com:443/a', `${shop}/a`],
    [`${shop}/你好`, `${shop}/%E4%BD%A0%E5%A5%BD`],
    [`${shop}/a/../b`, `${shop}/b`],
    [`${shop}//evil.example`, `${shop}//evil.example`],
    [`${shop}/?next=https://evil.example\\x`, `${shop}/?next=https://evil.example\\x`]
  ]
  for (const [untrusted, target] of cases) t.equal(checkRedirectTarget(untrusted, withShop), target)
  t.equal(checkRedirectTarget(`${shop}/cart`, site), null, 'and no other one is')
  const local = { ...withShop, origins: new Set(['http://localhost:5173']) }
  t.equal(
    checkRedirectTarget('http://localhost:5173/cart', local),
    'http://localhost:5173/cart',
    'over http too, where it is listed so'
  )
  t.end()
})

test('a near miss of a listed origin is refused', t => {
  for (const untrusted of [
    'http://shop.example.com/', 'https://shop.example.com:8443/', 'https://shop.example.com.evil.example/',
    'https://evil.example/shop.example.com', 'https://shop.example.com@evil.example/', 'https://me@shop.example.com/',
    'https://me:pass@shop.example.com/', 'https://:pass@shop.example.com/', 'https://x.shop.example.com/',
    'https://hop.example.com/', 'https://shop.example.com./', '//shop.example.com/', '/\\shop.example.com/',
    'https:shop.example.com', 'https:/shop.example.com', 'https:///shop.example.com', 'https:\\\\shop.example.com',
    'https://shop.example.com\\@evil.example/', 'https://evil.example\\@shop.example.com/', ` ${shop}/`, `\t${shop}/`,
    'ht\ttps://shop.example.com/', 'wss://shop.example.com/', `blob:${shop}/x`, `javascript:${shop}/`, 'https://',
    'https://['
  ]) {
    t.equal(checkRedirectTarget(untrusted, withShop), null, JSON.stringify(untrusted))
  }
  t.end()
})

test('a target has at most 2,048 characters, before and after it is percent-encoded', t => {
  t.equal(checkRedirectTarget(`/${'a'.repeat(2047)}`, site)?.length, 2048)
  t.equal(checkRedirectTarget(`/${'a'.repeat(2048)}`, site), null)
  t.equal(checkRedirectTarget(`/${'你'.repeat(227)}`, site)?.length, 1 + 9 * 227)
  t.equal(checkRedirectTarget(`/${'你'.repeat(228)}`, site), null)
  t.equal(checkRedirectTarget(`/x/../${'a'.repeat(2043)}`, site), null, 'what dot segments save does not count')
  t.equal(checkRedirectTarget(`${shop}/${'a'.repeat(2048 - shop.length - 1)}`, withShop)?.length, 2048)
  t.equal(checkRedirectTarget(`${shop}/${'a'.repeat(2048 - shop.length)}`, withShop), null)
  t.end()
})

test('a lone surrogate becomes a replacement character, and no character breaks the header', t => {
  t.equal(checkRedirectTarget('/\ud800', site), '/%EF%BF%BD')
  t.equal(checkRedirectTarget('/x?q=\udfff', site), '/x?q=%EF%BF%BD')
  t.equal(checkRedirectTarget('/主页', site), '/%E4%B8%BB%E9%A1%B5')
  t.equal(checkRedirectTarget('/嘊嘍Set-Cookie:x', site), '/%E5%98%8A%E5%98%8DSet-Cookie:x')
  t.equal(checkRedirectTarget('/\u2028/evil.example', site), '/%E2%80%A8/evil.example')
  t.end()
})

const pieces = [
  '/', '\\', '.', '..', '%2e', '%2E', '%2f', '%5c', '%', '\t', '\n', '\r', '\0', ' ', '@', ':', ';', '?', '#', '&',
  '//', 'http:', 'https:', 'javascript:', 'evil.example', 'app.example.com', 'shop.example.com', 'wechat', 'login',
  '\u3000', '\u00a0', '。', '／', '＼', '\u200b', '\ud800', '你'
]
const hostileMix = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map(parts => parts.join(''))
const anything = fc.oneof(
  hostileMix,
  hostileMix.map(text => `/${text}`),
  hostileMix.map(text => shop + text),
  fc.string({ unit: 'binary' }),
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  fc.anything()
)

test('property: whatever goes in, what comes out is short ASCII, stays where it may, and is taken again as it is', t => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(anything, untrusted => {
      const target = checkRedirectTarget(untrusted, withShop)
      if (target === null) return true
      const isListed = !target.startsWith('/') && new URL(target).origin === shop
      return /^[\x21-\x7e]{1,2048}$/.test(target) &&
        (isListed || staysOnSite(target)) &&
        checkRedirectTarget(target, withShop) === target
    }), { numRuns: 5000 })
  })
  t.end()
})

test('property: no target leads to a route of the plugin, as a router that decodes and folds would see it', t => {
  const disguises = '/wechat/login'.split('').map((letter, at) => {
    const inside = at === 0
      ? []
      : [`%${letter.charCodeAt(0).toString(16)}`, ...(letter === '/' ? ['//', '/./', '/x/../'] : [])]
    return fc.constantFrom(letter, letter.toUpperCase(), ...inside)
  })
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.tuple(...disguises), fc.constantFrom('', '/', '//', '?x', '#x'), (parts, end) =>
      checkRedirectTarget(parts.join('') + end, site) === null))
  })
  t.end()
})

function decode (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
