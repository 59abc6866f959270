// Who has ever logged in, in SQLite. One person may come by two ways, and WeChat may tell only later that they are one
// person.

import Database from 'libsql'
import type { WechatProfile } from 'fastify-wechat-login'

export interface User {
  id: number
  /** May be empty, as WeChat's may. */
  nickname: string
  /** URL, or empty. It dies when the person changes the picture: a larger site would keep a copy. */
  avatar: string
  /** ISO 8601. */
  createdAt: string
  lastLogin: string
}

export interface Users {
  /** The user behind a profile, made or brought up to date. */
  upsert (profile: WechatProfile): { id: number }
  find (id: number): User | null
  /** The apps of WeChat's that the user has logged in with. */
  appidsOf (id: number): string[]
  close (): void
}

// (appid, openid) is who WeChat says it is: one person has another openid with every app. The unionid joins them, where
// there is one. AUTOINCREMENT: the number of a user who is gone must not become another's, because an old session may
// still hold it.
const schema = `
  CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    nickname TEXT NOT NULL DEFAULT '',
    avatar TEXT NOT NULL DEFAULT '',
    unionid TEXT UNIQUE,
    created_at TEXT NOT NULL,
    last_login TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS identities (
    appid TEXT NOT NULL,
    openid TEXT NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id),
    PRIMARY KEY (appid, openid)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS identities_of_user ON identities (user_id);
`

/** Opens the file, or makes it. */
export function openUsers (file: string, now: () => Date = () => new Date()): Users {
  const database = new Database(file, { timeout: 5000 })
  database.pragma('foreign_keys = ON')
  database.exec(schema)

  const sql = {
    byIdentity: database.prepare('SELECT user_id AS id FROM identities WHERE appid = ? AND openid = ?'),
    byUnionid: database.prepare('SELECT id FROM users WHERE unionid = ?'),
    byId: database.prepare(
      'SELECT id, nickname, avatar, created_at AS createdAt, last_login AS lastLogin FROM users WHERE id = ?'
    ),
    appids: database.prepare('SELECT DISTINCT appid FROM identities WHERE user_id = ? ORDER BY appid'),
    create: database.prepare('INSERT INTO users (created_at, last_login) VALUES (?, ?)'),
    // What WeChat left out this time (a silent login brings no nickname) stays as it was.
    update: database.prepare('UPDATE users SET nickname = coalesce(?, nickname), avatar = coalesce(?, avatar), ' +
      'unionid = coalesce(?, unionid), last_login = ? WHERE id = ?'),
    identify: database.prepare(
      'INSERT INTO identities (appid, openid, user_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'
    ),
    moveIdentities: database.prepare('UPDATE identities SET user_id = ? WHERE user_id = ?'),
    remove: database.prepare('DELETE FROM users WHERE id = ?')
  }

  const upsert = database.transaction(({ appid, openid, unionid, nickname, headimgurl }: WechatProfile): {
    id: number
  } => {
    const byIdentity = idOf(sql.byIdentity.all(appid, openid))
    const byUnionid = unionid === undefined ? undefined : idOf(sql.byUnionid.all(unionid))
    const id = merge(byIdentity, byUnionid) ?? create()
    sql.update.run(nickname ?? null, headimgurl ?? null, unionid ?? null, now().toISOString(), id)
    sql.identify.run(appid, openid, id)
    return { id }
  })

  // Two users turn out to be one person: somebody came by both ways before WeChat gave a unionid (the two apps were
  // bound to one Open Platform account only later). Both proofs are WeChat's own, so we believe them, at once and
  // without a question: otherwise the person would go on with half of their things. The older user stays, since more
  // hangs on it; the younger one's identities move there, and here, in this transaction, would its orders and comments.
  // Its sessions end: `find` knows the number no more.
  function merge (one: number | undefined, other: number | undefined): number | undefined {
    if (one === undefined || other === undefined || one === other) return one ?? other
    const [older, younger] = [Math.min(one, other), Math.max(one, other)]
    sql.moveIdentities.run(older, younger)
    sql.remove.run(younger)
    return older
  }

  function create (): number {
    const time = now().toISOString()
    return Number(sql.create.run(time, time).lastInsertRowid)
  }

  return {
    // Immediate: of two processes that both read before they write, one would fail.
    upsert: profile => upsert.immediate(profile),
    // all() and not get(), to which libsql adds a field of its own.
    find: id => (sql.byId.all(id) as User[])[0] ?? null,
    appidsOf: id => (sql.appids.all(id) as Array<{ appid: string }>).map(({ appid }) => appid),
    close: () => { database.close() }
  }
}

function idOf (rows: unknown[]): number | undefined {
  return (rows as Array<{ id: number }>)[0]?.id
}
