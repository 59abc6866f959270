/** The caller asked the simulator itself for something that makes no sense. Over HTTP: 400. */
export class SimulatorError extends Error {
  override name = 'SimulatorError'
  readonly statusCode = 400
}
