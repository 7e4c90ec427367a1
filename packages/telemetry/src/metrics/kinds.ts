/** Kinds come from whoever asks: what a stranger makes up must not fill a store of metrics. */
export const kindsMax = 200

/** What further kinds are called, all together. */
export const otherKind = '_OTHER'
