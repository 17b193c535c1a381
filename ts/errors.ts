/** Every failure that leaves this package is a NotifydError with one of these codes. */

/** Stable: `docs/troubleshooting.md` explains each, and a test compares the lists. */
export const ERROR_CODES = [
  'ERR_UNSUPPORTED_PLATFORM',
  'ERR_UNSUPPORTED_ARCH',
  'ERR_ADDON_MISSING',
  'ERR_ADDON_LOAD',
  'ERR_API',
  'ERR_USAGE',
  'ERR_CONFIG',
  'ERR_PROFILE',
  'ERR_PROFILE_TIMEOUT',
  'ERR_NOTHING_DENIED',
  'ERR_BASELINE',
  'ERR_RECORD',
  'ERR_INSTALL',
  'ERR_STATE_DIR',
  'ERR_STATE_DIR_IN_USE',
  'ERR_ADDRESS',
  'ERR_ADDRESS_IN_USE',
  'ERR_SOCKET_PATH',
  'ERR_SOCKET_IN_USE',
  'ERR_TOKEN_FILE',
  'ERR_NO_CONTAINER',
  'ERR_NOT_RUNNING',
  'ERR_NOT_STOPPABLE',
  'ERR_STOP_FAILED',
  'ERR_POLICY',
  // Of the addon.
  'ERR_ADDON',
  'ERR_CLOSED',
  'ERR_COMMAND_NOT_FOUND',
  'ERR_EXEC',
  'ERR_FILTER',
  'ERR_INVALID_ARGUMENT',
  'ERR_LISTENER_BUSY',
  'ERR_NOTHING_TO_STOP',
  'ERR_RESOURCES',
  'ERR_SOCKET',
  'ERR_UNKNOWN_LISTENER',
  'ERR_WORKING_DIRECTORY',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

export class NotifydError extends Error {
  override readonly name = 'NotifydError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * An error of the addon, which carries one of these codes, as one of ours; anything else is a defect and stays as it is.
 * `attempted` is told before it.
 */
export function toNotifydError(error: unknown, attempted?: string): unknown {
  if (!(error instanceof Error) || !hasCode(error)) return error
  if (attempted !== undefined) return new NotifydError(error.code, attempted, { cause: error })
  return error instanceof NotifydError ? error : new NotifydError(error.code, error.message, { cause: error.cause })
}

function hasCode(error: Error): error is Error & { code: ErrorCode } {
  return 'code' in error && ERROR_CODES.some(code => code === error.code)
}

/** The text of an error and of its causes, outermost first. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}: ${errorText(error.cause)}`
}
