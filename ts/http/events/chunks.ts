/** PURE. What readers are sent next, as bytes: readers that wait for the same calls are given the same bytes. */

export interface Piece {
  sequence: number
  /** Made once, however many ask. */
  bytes(): Uint8Array
}

/** The pieces as one; `reader` tells readers of different filters apart. */
export type Join = (reader: string, pieces: readonly Piece[]) => Uint8Array

/** Readers that read as fast as calls come are at most so many chunks apart; the others have theirs made anew. */
const KEPT = 16

export function createChunks(kept = KEPT): Join {
  const made = new Map<string, Uint8Array>()

  return (reader, pieces) => {
    const key = `${pieces[0]?.sequence}-${pieces.at(-1)?.sequence} ${reader}`
    const known = made.get(key)
    if (known !== undefined) return known
    const chunk = Buffer.concat(pieces.map(piece => piece.bytes()))
    made.set(key, chunk)
    if (made.size > kept) made.delete(made.keys().next().value ?? '')
    return chunk
  }
}
