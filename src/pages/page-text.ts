/** What a page says, in one language. */
export interface PageText {
  title: string
  message: string
  /** The label of the one way on; absent where there is none in this browser. */
  action?: string
}

export type TextName =
  | 'failed' | 'lost' | 'busy' | 'refused' | 'blocked' | 'snapshot' | 'signedOut' | 'loginFirst'
  | 'openInWechat' | 'scanInWechat' | 'openOnComputer'

export type PageTexts = Record<TextName, PageText>
