import { computed } from '@preact/signals'
import { overview } from './store.ts'

// As one text first: it is equal while the names are, however often the counts beside them change.
const joined = computed(() =>
  (overview.value?.kinds ?? [])
    .map(({ kind }) => kind)
    .toSorted()
    .join('\n')
)

/** The names of all kinds, in order. Changes only when a kind comes or goes. */
export const kindNames = computed(() => (joined.value === '' ? [] : joined.value.split('\n')))
