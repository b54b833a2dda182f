// Who may do what in this copy's PostgreSQL: a superuser for the cluster and for tests, an owner who migrates, and users for the processes
// and for analysts, whose rights `command-api migrate` gives them (command-api/event-store/src/rights.rs). The superuser is the one that
// made the cluster; everybody else is made here.
import { createHmac } from 'node:crypto'
import { readSecret } from '../settings.mjs'

/** @typedef {import('../settings.mjs').Settings} Settings */
/** @typedef {'cartwright' | 'cartwright_owner' | 'cartwright_command_api' | 'cartwright_projectors' | 'cartwright_analyst'} Role */

/** Makes the cluster, tests in it, and is used by nothing that runs for good. */
export const SUPERUSER = 'cartwright'
/** Owns the database and everything in it; migrates, backs up and restores. */
export const OWNER = 'cartwright_owner'
export const ANALYST = 'cartwright_analyst'

/** @type {Record<string, Role>} who each binary is */
const USERS = { 'command-api': 'cartwright_command_api', projectors: 'cartwright_projectors' }
/** @type {Role[]} */
const PROCESSES = ['cartwright_command_api', 'cartwright_projectors', ANALYST]

/**
 * One secret makes all passwords, and none of them tells another.
 * @param {Settings} settings
 * @param {Role} role
 */
function passwordOf(settings, role) {
  return createHmac('sha256', readSecret(settings, 'POSTGRES_PASSWORD')).update(role).digest('base64url')
}

/**
 * @param {Settings} settings
 * @param {Role} role
 * @param {string} [database]
 */
export function databaseUrl(settings, role, database = 'cartwright') {
  return `postgres://${role}:${passwordOf(settings, role)}@127.0.0.1:${settings.ports.postgres}/${database}`
}

/**
 * For PostgreSQL's own programs: arguments of a process can be read by everybody on the machine, its environment cannot.
 * @param {Settings} settings
 * @param {Role} role
 * @param {string} [database]
 * @returns {{url: string, env: NodeJS.ProcessEnv}}
 */
export function databaseArgument(settings, role, database) {
  const url = new URL(databaseUrl(settings, role, database))
  const { password } = url
  url.password = ''
  return { url: url.href, env: { ...process.env, PGPASSWORD: password } }
}

/**
 * What a binary is told: its own user, and where it changes the schema, the owner.
 * @param {Settings} settings
 * @param {string} binary
 * @returns {NodeJS.ProcessEnv}
 */
export function databaseEnv(settings, binary) {
  const user = USERS[binary]
  return user ? { DATABASE_URL: databaseUrl(settings, user) } : {}
}

/**
 * For PostgreSQL's single-user mode, where nobody has to be let in. Safe to repeat: passwords may have changed, and in a cluster of an
 * earlier release everything is the superuser's.
 * @param {Settings} settings
 * @returns {{cluster: string, database: string}} what to run in the database `postgres`, and in the shop's
 */
export function roleStatements(settings) {
  const made = [OWNER, ...PROCESSES].map(
    (role) => `
    if not exists (select from pg_roles where rolname = '${role}') then create role ${role}; end if;
    alter role ${role} login password '${passwordOf(settings, /** @type {Role} */ (role))}';`,
  )
  return {
    cluster: `do $$ begin ${made.join('')}
      alter role ${SUPERUSER} password '${passwordOf(settings, SUPERUSER)}';
      alter role ${OWNER} createdb;
      grant pg_signal_backend to ${OWNER};
    end $$`,
    database: `do $$ declare thing record; begin
      execute format('alter database %I owner to ${OWNER}', current_database());
      for thing in select nspname as name from pg_namespace
          where nspname !~ '^pg_' and nspname not in ('information_schema', 'public') loop
        execute format('alter schema %I owner to ${OWNER}', thing.name);
      end loop;
      for thing in select c.oid::regclass as name from pg_class c join pg_namespace n on n.oid = relnamespace
          where relkind in ('r', 'p', 'v', 'm') and nspname !~ '^pg_' and nspname <> 'information_schema' loop
        execute format('alter table %s owner to ${OWNER}', thing.name);
      end loop;
      for thing in select p.oid::regprocedure as name from pg_proc p join pg_namespace n on n.oid = pronamespace
          where nspname !~ '^pg_' and nspname <> 'information_schema' loop
        execute format('alter routine %s owner to ${OWNER}', thing.name);
      end loop;
    end $$`,
  }
}
