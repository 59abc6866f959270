import t from 'tap'
import { isWechatUserAgent } from '../src/request-kind'
import { userAgents } from './fixture/data'

t.test('WeChat\'s own browser is told from WeCom and from all others', async t => {
  for (const { userAgent, is, kind } of userAgents) t.equal(isWechatUserAgent(userAgent), is === 'wechat', kind)
})

t.test('the case of the header does not matter', async t => {
  for (const { userAgent, is, kind } of userAgents) {
    t.equal(isWechatUserAgent(userAgent.toLowerCase()), is === 'wechat', kind)
    t.equal(isWechatUserAgent(userAgent.toUpperCase()), is === 'wechat', kind)
  }
})

t.test('no User-Agent is no WeChat', async t => {
  t.equal(isWechatUserAgent(undefined), false)
  t.equal(isWechatUserAgent(''), false)
})
