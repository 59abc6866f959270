// What the doctor finds, in English and Chinese. A text holds no secret, nor what may be one by mistake.

export type Texts = [en: string, zh: string]

export interface Finding {
  level: 'ok' | 'warning' | 'problem'
  /** The option, as in the boot errors: `qr.appid`. */
  about: string
  en: string
  zh: string
}

function finding (level: Finding['level']) {
  return (about: string, [en, zh]: Texts): Finding => ({ level, about, en, zh })
}

export const ok = finding('ok')
export const warning = finding('warning')
export const problem = finding('problem')
