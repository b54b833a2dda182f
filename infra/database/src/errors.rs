//! What an error of PostgreSQL means: one classification for the whole code.
//!
//! Whoever repeats what failed (the command loop, a consumer, an HTTP client that is told `Retry-After`) has to know whether
//! repeating can help. An error of data repeated for ever stops everything behind it; an outage taken for an error of data
//! loses what was to be stored.

use sqlx::Error;

/// Whose error it is, and so what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// PostgreSQL rejected a value: too long, too large, not allowed, there already. Nothing was stored, and the same value is
    /// rejected again.
    Data,
    /// The statement is wrong, or what is stored is not what this binary expects of it: a fault of ours. Repeating does not help.
    Fault,
    /// PostgreSQL is away, silent, busy, read-only, or has not the schema of this release yet. Whether anything was stored is not
    /// known; the same may succeed later.
    Unavailable,
}

impl ErrorKind {
    /// Whether the same can succeed later, without anybody changing it.
    pub const fn is_worth_repeating(self) -> bool {
        match self {
            Self::Unavailable => true,
            Self::Data | Self::Fault => false,
        }
    }

    /// As a label of metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Fault => "fault",
            Self::Unavailable => "unavailable",
        }
    }
}

/// What an error means.
pub fn classify(error: &Error) -> ErrorKind {
    match error {
        Error::Database(error) => error
            .code()
            .map_or(ErrorKind::Unavailable, |code| of_sqlstate(&code)),
        Error::Encode(_) => ErrorKind::Data,
        Error::InvalidArgument(_)
        | Error::RowNotFound
        | Error::TypeNotFound { .. }
        | Error::ColumnIndexOutOfBounds { .. }
        | Error::ColumnNotFound(_)
        | Error::ColumnDecode { .. }
        | Error::Decode(_)
        | Error::InvalidSavePointStatement => ErrorKind::Fault,
        // Its connection, its pool, its process. The enum may grow: what nobody knows is repeated, and loses nothing.
        _ => ErrorKind::Unavailable,
    }
}

/// What a code means: <https://www.postgresql.org/docs/current/errcodes-appendix.html>. Its first two letters are its class.
fn of_sqlstate(code: &str) -> ErrorKind {
    match code {
        // A table, column, function, schema, database or right that is not there (yet): a deployment migrates first, a restore
        // grants last. It concerns every statement, and no value.
        "42P01" | "42703" | "42883" | "42501" | "42704" => return ErrorKind::Unavailable,
        _ => {}
    }
    match code.get(..2) {
        // Data exception, integrity constraint, view's check option, program limit (a key too long for its index).
        Some("22" | "23" | "44" | "54") => ErrorKind::Data,
        // Not supported, cardinality, statement wrong or ambiguous, PL/pgSQL's `raise`, wrong use of functions and savepoints.
        Some("0A" | "21" | "42" | "P0" | "39" | "3B" | "2F" | "26" | "34") => ErrorKind::Fault,
        // Connection, transaction that cannot be, serialisation, resources, operator, object in use, system, internal.
        _ => ErrorKind::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_whether_repeating_can_help() {
        let of = |codes: &[&str], kind: ErrorKind| {
            for code in codes {
                assert_eq!(of_sqlstate(code), kind, "{code}");
            }
        };
        // NUL in jsonb, not UTF-8, out of range, not null, foreign key, unique, check, key too long for its index.
        let data = [
            "22P05", "22021", "22003", "23502", "23503", "23505", "23514", "54000",
        ];
        of(&data, ErrorKind::Data);
        // Syntax, types that do not fit, twice the same row in an upsert, raised by a function of ours.
        of(&["42601", "42804", "21000", "P0001", "0A000"], ErrorKind::Fault);
        let outages = [
            "08006", "25006", "25P02", "25P03", "28P01", "3D000", "40001", "40P01", "42P01", "42703",
            "53100", "53200", "53300", "55P03", "57014", "57P01", "57P03", "58030", "XX000", "", "é",
        ];
        of(&outages, ErrorKind::Unavailable);
    }

    #[test]
    fn what_this_side_of_the_connection_says_is_classified_too() {
        let silent = std::io::Error::from(std::io::ErrorKind::TimedOut);
        assert_eq!(classify(&Error::Io(silent)), ErrorKind::Unavailable);
        assert_eq!(classify(&Error::PoolTimedOut), ErrorKind::Unavailable);
        assert_eq!(classify(&Error::Encode("too long".into())), ErrorKind::Data);
        assert_eq!(classify(&Error::Decode("no number".into())), ErrorKind::Fault);
        assert_eq!(classify(&Error::RowNotFound), ErrorKind::Fault);
    }
}
