/** The JSON that a request brings, bounded. */

import { HttpProblem } from './problem.ts'

export const MOST_BODY_BYTES = 16_384

export async function readJson(request: Request): Promise<unknown> {
  const type = request.headers.get('Content-Type') ?? ''
  // Of the types that a form can send, none is JSON.
  if (!/^application\/json(?:;|$)/i.test(type.trim()))
    throw new HttpProblem('ERR_MEDIA_TYPE', 'the body has to be JSON; accepted: Content-Type application/json')
  const text = await readText(request)
  try {
    return JSON.parse(text)
  } catch {
    throw new HttpProblem('ERR_BAD_BODY', 'the body is not JSON')
  }
}

async function readText(request: Request): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request.body ?? []) {
    chunks.push(chunk as Uint8Array)
    bytes += chunk.length
    if (bytes > MOST_BODY_BYTES)
      throw new HttpProblem('ERR_BODY', `the body is too large; accepted: ${MOST_BODY_BYTES} bytes`)
  }
  return Buffer.concat(chunks).toString('utf8')
}
