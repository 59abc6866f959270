// The one person whom the bench's WeChat knows.

export const profile = {
  openid: 'oBenchBenchBenchBenchBenchBe',
  nickname: '青禾🌱',
  sex: 0,
  language: '',
  city: '',
  province: '',
  country: '',
  headimgurl: 'https://thirdwx.qlogo.cn/mmopen/vi_32/bench/132',
  privilege: [],
  unionid: 'uBenchBenchBenchBenchBenchBe'
}
