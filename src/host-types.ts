// The types that a host names as its own. A file without imports, because user-types.ts reads here what index.ts, above
// it, declares.

/** Has `types`, the host's `WechatLoginTypes`, once index.ts has been read. */
export interface HostTypes {}
