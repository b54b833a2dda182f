//! What each process may do in PostgreSQL. The tables belong to the role that migrates; the processes that serve own nothing.
//!
//! Whoever makes the cluster makes the roles: with a login of their own, or as groups that logins are members of. `migrate` gives those that
//! are there exactly the rights below, every time, so that a right that is struck here is gone with the release. A test fails where a table
//! or function has no line here.

use sqlx::{Connection as _, Error, Executor, PgConnection};

use crate::maintenance;

/// The command API, in all of its roles.
pub const COMMAND_API: &str = "cartwright_command_api";
/// The projectors, and their commands (`verify`, `rebuild`, `parked`).
pub const PROJECTORS: &str = "cartwright_projectors";
/// People who ask in SQL (`docs/reporting.md`).
pub const ANALYST: &str = "cartwright_analyst";

/// Rows that come and go.
const ROWS: &str = "select, insert, update, delete";
const NONE: &str = "";

/// A table or function, with what the command API, the projectors and analysts may do with it.
pub struct Rights {
    pub name: &'static str,
    pub command_api: &'static str,
    pub projectors: &'static str,
    pub analyst: &'static str,
}

const fn commands(name: &'static str, command_api: &'static str) -> Rights {
    Rights {
        name,
        command_api,
        projectors: NONE,
        analyst: NONE,
    }
}

const fn both(name: &'static str, command_api: &'static str, projectors: &'static str) -> Rights {
    Rights {
        projectors,
        ..commands(name, command_api)
    }
}

const fn reported(name: &'static str) -> Rights {
    Rights {
        projectors: ROWS,
        analyst: "select",
        ..commands(name, NONE)
    }
}

pub const TABLES: &[Rights] = &[
    // The log only grows.
    both("public.events", "select, insert", "select"),
    both("public.log_incarnation", "select, insert", "select"),
    commands("public.receipts", "select, insert"),
    commands("public.stream_snapshots", ROWS),
    commands("public.snapshot_code_versions", ROWS),
    commands("public.deadlines", ROWS),
    commands("public.relay_cursor", "select, insert, update"),
    commands("public.relay_republications", ROWS),
    // Personal data. The projectors put public texts into views, and need not know whose they are.
    commands("public.accounts", ROWS),
    commands("public.account_links", ROWS),
    commands("public.addresses", ROWS),
    commands("public.api_keys", ROWS),
    commands("public.ended_sessions", ROWS),
    commands("public.second_factors", ROWS),
    commands("public.recovery_codes", ROWS),
    commands("public.second_factor_challenges", ROWS),
    commands("public.contacts", ROWS),
    both("public.texts", ROWS, "select (id, title, body, link)"),
    // What is told, to whom and by whom.
    commands("public.gateway_notices", ROWS),
    commands("public.mails", ROWS),
    commands("public.request_notices", ROWS),
    commands("public.parked_notifications", ROWS),
    commands("public.followed_requests", ROWS),
    commands("public.request_followers", ROWS),
    commands("public.request_news", ROWS),
    commands("public.webhook_subscriptions", ROWS),
    commands("public.webhook_secrets", ROWS),
    commands("public.webhook_deliveries", ROWS),
    commands("public.webhook_attempts", ROWS),
    commands("public.webhook_receipts", ROWS),
    // For SQL users.
    reported("reporting.orders"),
    reported("reporting.order_lines"),
    reported("reporting.payments"),
    reported("reporting.products"),
    reported("reporting.progress"),
    reported("reporting.parked"),
    // Replaced by `stream_snapshots`.
    commands("public.snapshots", NONE),
    commands("public._sqlx_migrations", NONE),
    // A foreign company's, on a developer's machine only.
    commands("sandbox_gateway.intents", ROWS),
    commands("sandbox_gateway.refunds", ROWS),
    commands("sandbox_gateway.keys", ROWS),
    commands("sandbox_gateway.behaviour", ROWS),
    commands("sandbox_gateway.webhooks", ROWS),
];

/// Those that are called; PostgreSQL asks nobody's right to fire a trigger.
pub const FUNCTIONS: &[Rights] = &[
    commands("public.append", "execute"),
    commands("public.append_with_deadlines", "execute"),
    commands("public.append_refusals", "execute"),
    commands("public.make_receipt_day", "execute"),
    commands("public.attach_receipt_day", "execute"),
    commands("public.drop_receipt_day", "execute"),
    // Does nothing any more.
    commands("public.tend_receipt_partitions", NONE),
];

/// What PostgreSQL gives to everybody and nobody needs. The lock: whoever tends the partitions changes the same rows of the catalogue.
const NOBODYS: &str = "select pg_advisory_xact_lock(hashtext('cartwright.maintenance'));
    revoke all on all functions in schema public from public;
    do $$ begin
        if pg_has_role(current_user, (select datdba from pg_database where datname = current_database()), 'usage') then
            execute format('revoke create, temporary on database %I from public', current_database());
        end if;
    end $$;";

const SCHEMAS: [&str; 3] = ["public", "reporting", "sandbox_gateway"];

/// Whether a connection's user may do anything at all: it owns the log, directly or through a role, or is a superuser.
///
/// # Errors
/// When PostgreSQL cannot be asked, or has no log.
pub async fn is_owner(connection: &mut PgConnection) -> Result<bool, Error> {
    sqlx::query_scalar(
        "select pg_has_role(current_user, relowner, 'usage') from pg_class where oid = 'events'::regclass",
    )
    .fetch_one(connection)
    .await
}

/// The same of the user in a URL, for a process that starts: in production it must not be.
///
/// # Errors
/// As [`is_owner`].
pub async fn owns_the_log(url: &str) -> Result<bool, Error> {
    let asked = async {
        let mut connection = maintenance::connect(url).await?;
        let is_owner = is_owner(&mut connection).await?;
        connection.close().await?;
        Ok(is_owner)
    };
    database::within(maintenance::CONNECT, asked).await
}

/// Gives the roles that are there their rights, and takes every other one. Called by `migrate`, as the owner.
///
/// # Errors
/// When PostgreSQL refuses, or somebody tends the schema at the moment: then it is tried again.
pub(crate) async fn give(connection: &mut PgConnection) -> Result<(), Error> {
    let schemas: Vec<String> =
        sqlx::query_scalar("select nspname::text from pg_namespace where nspname = any ($1)")
            .bind(SCHEMAS.as_slice())
            .fetch_all(&mut *connection)
            .await?;
    let roles: Vec<String> =
        sqlx::query_scalar("select rolname::text from pg_roles where rolname = any ($1)")
            .bind([COMMAND_API, PROJECTORS, ANALYST].as_slice())
            .fetch_all(&mut *connection)
            .await?;
    let mut statements = NOBODYS.to_owned();
    for role in &roles {
        statements.push_str(&of_role(role, &schemas));
    }
    let mut transaction = connection.begin().await?;
    transaction.execute(statements.as_str()).await?;
    transaction.commit().await
}

fn of_role(role: &str, schemas: &[String]) -> String {
    let schema_of = |rights: &Rights| rights.name.split('.').next().unwrap_or_default();
    let taken = schemas.iter().map(|schema| {
        format!(
            "revoke all on all tables in schema {schema} from {role};
             revoke all on all functions in schema {schema} from {role};
             revoke all on schema {schema} from {role};"
        )
    });
    let kinds = [("table", TABLES), ("function", FUNCTIONS)];
    let lines = kinds
        .iter()
        .flat_map(|(kind, of)| of.iter().map(move |rights| (kind, rights)));
    let given = lines
        .filter(|(_, rights)| {
            rights.of(role) != NONE && schemas.iter().any(|schema| schema == schema_of(rights))
        })
        .map(|(kind, rights)| {
            format!(
                "grant usage on schema {} to {role}; grant {} on {kind} {} to {role};",
                schema_of(rights),
                rights.of(role),
                rights.name
            )
        });
    taken.chain(given).collect()
}

impl Rights {
    fn of(&self, role: &str) -> &'static str {
        match role {
            COMMAND_API => self.command_api,
            PROJECTORS => self.projectors,
            ANALYST => self.analyst,
            _ => NONE,
        }
    }
}
