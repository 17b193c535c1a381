/** PURE: label values that a program in a container can choose, kept few and short. */

import { clip } from './clip.ts'

export const OTHER_LABEL = 'other'
export const MAX_LABEL_CHARS = 128

export interface LabelCap {
  /** The value itself while there is room, `other` afterwards. */
  admit(value: string): string
  free(value: string): void
}

export function createLabelCap(most: number): LabelCap {
  const values = new Set<string>()
  function admit(value: string): string {
    const label = clip(value, MAX_LABEL_CHARS)
    if (!values.has(label) && values.size >= most) return OTHER_LABEL
    values.add(label)
    return label
  }
  return { admit, free: value => void values.delete(clip(value, MAX_LABEL_CHARS)) }
}

/**
 * At most `most` labels, of which calls without a name may take half: a program that makes numbers up must not push
 * the calls with names into `other`.
 */
export function createSyscallCap(most: number): LabelCap {
  const all = createLabelCap(most)
  const unnamed = createLabelCap(Math.floor(most / 2))
  function admit(value: string): string {
    const isUnnamed = value.startsWith('syscall_')
    return all.admit(isUnnamed ? unnamed.admit(value) : value)
  }
  function free(value: string): void {
    all.free(value)
    unnamed.free(value)
  }
  return { admit, free }
}
