/** PURE: an event in the words of the rest of the interface. */

import type { Names } from './calls.ts'
import type { Container } from './containers.ts'
import type { EventRecord } from './events.ts'
import { verdictLabel } from './verdicts.ts'

/** One answered call. Only produced while somebody listens; under a flood some are lost, and counted as lost. */
export interface NotifydEvent extends Omit<EventRecord, 'listener' | 'arch' | 'verdict' | 'errno'> {
  /** Key and id; undefined in the moment before the runtime has said whose listener it is. */
  container: { key: string; id: string } | undefined
  syscall: string
  abi: string
  /** What the original profile says. */
  verdict: string
  /** What the caller got; null where the call was let run. */
  errno: string | null
}

/** Written out field by field: taking the rest of an object costs more than all else that an event does. */
export function nameEvent(record: EventRecord, container: Container | undefined, names: Names): NotifydEvent {
  const { arch, number, errno } = record
  return {
    container: container && { key: container.key, id: container.id },
    syscall: names.syscallName(arch, number),
    abi: names.abiName(arch, number),
    verdict: verdictLabel(record.verdict, names.errnoName),
    errno: errno === 0 ? null : names.errnoName(errno),
    number,
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
}
