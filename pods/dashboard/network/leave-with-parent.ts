/**
 * Loaded into every process of a live network before its own program: should the process that started it be gone,
 * even killed, it is asked to end, too.
 */

process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
// The channel alone must not keep the process alive.
process.channel?.unref()
