// What nobody waits for steps back: when a command's process wakes, it need not wait until a projector or Kafka has
// used up its slice. SCHED_BATCH (sched(7)) takes nothing away from them but that, see decision 0004.

/** @param {string[]} argv */
export function inBackground(argv) {
  return ['chrt', '--batch', '0', ...argv]
}
