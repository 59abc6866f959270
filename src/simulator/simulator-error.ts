/** The caller asked the simulator itself for something that makes no sense. Over HTTP: 400. */
export class SimulatorError extends Error {
  override name = 'SimulatorError'
  readonly statusCode = 400
}

const REASONS: Readonly<Record<string, [en: string, zh: string]>> = {
  EADDRINUSE: ['is in use by another program; choose another port', '端口已被其他程序占用，请换一个端口'],
  EADDRNOTAVAIL: ['is no address of this machine; choose another host', '不是本机的地址，请换一个 host']
}

/** A server that cannot listen: what everybody meets is a sentence without a stack, anything else stays as it is. */
export function explainListenError (error: unknown, where: string): unknown {
  const { code = '', port } = error as NodeJS.ErrnoException & { port?: number }
  const reason = REASONS[code]
  if (reason === undefined) return error
  const explained = new SimulatorError(`${where} ${reason.join(' ')}`)
  explained.stack = String(explained)
  return Object.assign(explained, { code, port })
}
