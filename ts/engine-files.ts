/**
 * What container engines leave on disk, read so that it can do no harm: only a regular file of root's or ours, never through
 * a link at its end, bounded in size and in time. What it says is somebody else's text.
 *
 * A read from a file system that hangs cannot be taken back, and keeps a thread of libuv's pool, which stops need as well.
 * So few are under way at once, and the others are given up when their time has passed.
 */

import { constants } from 'node:fs'
import { open, opendir, type FileHandle } from 'node:fs/promises'
import { createDeadline } from './deadline.ts'

/** Of the four threads that the pool has. */
const MOST_AT_ONCE = 2
const DEADLINE_MS = 2000
const PIECE_BYTES = 64 * 1024
const MOST_ENTRIES = 4096
/** Without O_NONBLOCK a named pipe would be waited for. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY

const withinDeadline = createDeadline(MOST_AT_ONCE, DEADLINE_MS)

/** The text of a file. Rejects, in one sentence, where it is not to be had. */
export function readEngineFile(path: string, maxBytes: number): Promise<string> {
  return withinDeadline(`read ${JSON.stringify(path)}`, async () => {
    const file = await open(path, FLAGS)
    try {
      await checkFile(file, maxBytes)
      return await readWhole(file, maxBytes)
    } finally {
      await file.close()
    }
  })
}

/** The names in a folder; of a huge one, some. Rejects where it is not to be had. */
export function listEngineFolder(path: string): Promise<string[]> {
  return withinDeadline(`list ${JSON.stringify(path)}`, async () => {
    const names: string[] = []
    for await (const { name } of await opendir(path)) {
      names.push(name)
      if (names.length >= MOST_ENTRIES) break
    }
    return names
  })
}

async function checkFile(file: FileHandle, maxBytes: number): Promise<void> {
  const stats = await file.stat()
  const { uid, size } = stats
  if (!stats.isFile()) throw new Error('it is no regular file')
  if (uid !== 0 && uid !== process.getuid?.()) throw new Error(`its owner is ${uid}, accepted: root and our own user`)
  if (size > maxBytes) throw tooLong(maxBytes)
}

/** The files of /proc have no size, and any other may grow meanwhile. */
async function readWhole(file: FileHandle, maxBytes: number): Promise<string> {
  const pieces: Buffer[] = []
  let length = 0
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(PIECE_BYTES), 0, PIECE_BYTES, null)
    if (bytesRead === 0) return Buffer.concat(pieces).toString('utf8')
    length += bytesRead
    if (length > maxBytes) throw tooLong(maxBytes)
    pieces.push(buffer.subarray(0, bytesRead))
  }
}

function tooLong(maxBytes: number): Error {
  return new Error(`it is longer than ${maxBytes} bytes`)
}
