/** Calls of gRPC without streams, over a unix socket. */

import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2'
import { connect } from 'node:net'

/** A byte that says whether it is compressed, and four of the length. */
const HEADER_BYTES = 5
const DEADLINE_MS = 120_000

/** Resolves to the answer's message. Rejects with the text of the server's status. */
export async function callGrpc(socket: string, path: string, message: Buffer): Promise<Buffer> {
  const session = connectHttp2('http://localhost', { createConnection: () => connect(socket) })
  try {
    return await callOver(session, path, message)
  } finally {
    session.destroy()
  }
}

function callOver(session: ClientHttp2Session, path: string, message: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    session.once('error', reject)
    const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' }
    const call = session.request(headers)
    const pieces: Buffer[] = []
    let status: Record<string, unknown> = {}
    call.setTimeout(DEADLINE_MS, () => call.destroy(new Error(`no answer to ${path}`)))
    // A status without a message comes in the headers.
    call.on('response', received => (status = received)).on('trailers', received => (status = received))
    call.on('data', (piece: Buffer) => pieces.push(piece)).on('error', reject)
    call.on('end', () => {
      if (status['grpc-status'] === '0') resolve(Buffer.concat(pieces).subarray(HEADER_BYTES))
      else reject(new Error(`${path}: ${decodeURIComponent(String(status['grpc-message']))}`))
    })
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt32BE(message.length, 1)
    call.end(Buffer.concat([header, message]))
  })
}
