/** PURE: an event in the words of the rest of the interface. */

import type { Names } from './calls.ts'
import type { Container } from './containers.ts'
import type { CallDetail } from './detail.ts'
import { decodeEvent, type EventRecord } from './events.ts'
import { verdictLabel } from './verdicts.ts'

/** Whose call it is. */
export type CallContainer = Pick<Container, 'key' | 'id' | 'name'>

/** One answered call. Only produced while somebody listens; under a flood some are lost, and counted as lost. */
export interface NotifydEvent extends Omit<EventRecord, 'listener' | 'arch' | 'verdict' | 'errno'> {
  /** Undefined in the moment before the runtime has said whose listener it is. */
  container: CallContainer | undefined
  syscall: string
  abi: string
  /** What the original profile says. */
  verdict: string
  /** What the caller got; null where the call was let run. */
  errno: string | null
  /** Of the first calls of each kind: who made it and with what. Untrusted. */
  detail?: CallDetail
}

/** Makes a record a plain object of its own: nothing of it is read later from the buffer that the record lies in. */
export type NameEvent = (
  view: DataView,
  offset: number,
  container: Container | undefined,
  detail?: CallDetail,
) => NotifydEvent

/** The numbers of a call and what they are called. */
interface Words {
  of: Numbers
  syscall: string
  abi: string
  verdict: string
  errno: string | null
}

type Numbers = Pick<EventRecord, 'arch' | 'number' | 'verdict' | 'errno'>

/** Under a flood one call follows another of the same name, so the last one's words are kept. */
export function createEventNaming(names: Names): NameEvent {
  let words: Words | undefined

  function wordsOf(record: EventRecord): Words {
    if (words === undefined || !isSame(words.of, record)) words = findWords(record, names)
    return words
  }

  /** Written out field by field: taking the rest of an object costs more than all else that an event does. */
  return (view, offset, container, detail) => {
    const record = decodeEvent(view, offset)
    const { syscall, abi, verdict, errno } = wordsOf(record)
    const event: NotifydEvent = {
      container: container && { key: container.key, id: container.id, name: container.name },
      syscall,
      abi,
      verdict,
      errno,
      number: record.number,
      notificationId: record.notificationId,
      atMs: record.atMs,
      tid: record.tid,
      phase: record.phase,
      continued: record.continued,
      latencyNs: record.latencyNs,
      instructionPointer: record.instructionPointer,
      args: record.args,
      sequence: record.sequence,
    }
    if (detail !== undefined) event.detail = detail
    return event
  }
}

function isSame(a: Numbers, b: Numbers): boolean {
  return a.number === b.number && a.arch === b.arch && a.verdict === b.verdict && a.errno === b.errno
}

function findWords({ arch, number, verdict, errno }: EventRecord, names: Names): Words {
  return {
    of: { arch, number, verdict, errno },
    syscall: names.syscallName(arch, number),
    abi: names.abiName(arch, number),
    verdict: verdictLabel(verdict, names.errnoName),
    errno: errno === 0 ? null : names.errnoName(errno),
  }
}
