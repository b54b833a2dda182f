//! The passwords in the addresses of stores that a process refuses in production: none, short ones, and those that anybody can read in the
//! source or in a manual.

use percent_encoding::percent_decode_str;

/// Where sqlx, as every client of PostgreSQL, finds a password that the URL does not have.
const PGPASSWORD: &str = "PGPASSWORD";
/// In bytes.
const SHORTEST: usize = 16;
/// What copies of this repository, and examples of the stores', were ever started with.
const PUBLISHED: [&str; 4] = ["cartwright", "postgres", "redis", "password"];

/// Why a process does not start. The password is in no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    #[error("{0} has no password. Set one; only a developer's machine (--dev) goes without.")]
    Missing(&'static str),
    #[error("{0} has a password that everybody can read in the source or in a manual. Make one of your own.")]
    Published(&'static str),
    #[error("{0} has a password of fewer than {SHORTEST} characters")]
    Short(&'static str),
}

/// Of a store that knows its clients by nothing else: Redis.
///
/// # Errors
/// When there is none, or a weak one.
pub fn required(name: &'static str, url: &str) -> Result<(), WeakPassword> {
    match password(url) {
        None => Err(WeakPassword::Missing(name)),
        Some(password) => check(name, &password),
    }
}

/// Of a store that may know its clients otherwise, by a certificate, a socket or a file beside the process: PostgreSQL.
///
/// # Errors
/// When there is a weak one.
pub fn if_given(name: &'static str, url: &str) -> Result<(), WeakPassword> {
    password(url).map_or(Ok(()), |password| check(name, &password))
}

/// Of PostgreSQL, whose password may stand in the environment beside its URL.
///
/// # Errors
/// When the one that is used is weak.
pub fn of_postgres(name: &'static str, url: &str) -> Result<(), WeakPassword> {
    of_postgres_beside(name, url, std::env::var(PGPASSWORD).ok().as_deref())
}

fn of_postgres_beside(name: &'static str, url: &str, beside: Option<&str>) -> Result<(), WeakPassword> {
    match (password(url), beside) {
        (Some(password), _) => check(name, &password),
        (None, Some(password)) if !password.is_empty() => check(PGPASSWORD, password),
        (None, _) => Ok(()),
    }
}

fn check(name: &'static str, password: &str) -> Result<(), WeakPassword> {
    match password {
        "" => Err(WeakPassword::Missing(name)),
        _ if PUBLISHED.contains(&password) => Err(WeakPassword::Published(name)),
        _ if password.len() < SHORTEST => Err(WeakPassword::Short(name)),
        _ => Ok(()),
    }
}

/// What stands in `scheme://user:HERE@host`, or in `scheme://user@host/?password=HERE`, which wins.
fn password(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let (before_query, query) = rest.split_once('?').unwrap_or((rest, ""));
    let query = query.split('#').next().unwrap_or_default();
    let in_query = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, _)| percent_decode_str(name).decode_utf8_lossy() == "password")
        .map(|(_, value)| value)
        .next_back();
    let in_authority = || {
        let authority = before_query.split(['/', '#']).next()?;
        let (user_and_password, _host) = authority.rsplit_once('@')?;
        Some(user_and_password.split_once(':')?.1)
    };
    let password = in_query.or_else(in_authority)?;
    Some(percent_decode_str(password).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_anybody_can_guess_or_read_is_refused_and_not_repeated() {
        let name = "DATABASE_URL";
        for (url, refused) in [
            (
                "postgres://shop:cartwright@db/shop",
                WeakPassword::Published(name),
            ),
            (
                "postgres://shop:c%61rtwright@db/shop",
                WeakPassword::Published(name),
            ),
            (
                "postgres://shop:sixteen-bytes-at-least@db/shop?sslmode=require&password=c%61rtwright",
                WeakPassword::Published(name),
            ),
            (
                "postgres://shop:sixteen-bytes-at-least@db/shop?p%61ssword=cartwright",
                WeakPassword::Published(name),
            ),
            ("postgres://shop:@db/shop", WeakPassword::Missing(name)),
            ("postgres://shop:tell-nobody@db/shop", WeakPassword::Short(name)),
        ] {
            assert!(!refused.to_string().contains("tell-nobody"));
            assert_eq!(if_given(name, url), Err(refused), "{url}");
            assert_eq!(required(name, url), Err(refused), "{url}");
        }
        let long = "postgres://shop:sixteen-bytes-at-least@db:5432/shop?sslmode=verify-full";
        assert_eq!((if_given(name, long), required(name, long)), (Ok(()), Ok(())));
    }

    #[test]
    fn a_password_that_stands_beside_the_url_is_refused_as_one_that_stands_in_it() {
        let without = "postgres://shop@127.0.0.1/shop";
        let with = "postgres://shop:a-password-that-nobody-guesses@127.0.0.1/shop";
        let check = |url, beside| of_postgres_beside("DATABASE_URL", url, beside);
        for (beside, refused) in [
            ("cartwright", WeakPassword::Published(PGPASSWORD)),
            ("short", WeakPassword::Short(PGPASSWORD)),
            ("p@ss:w/rd?", WeakPassword::Short(PGPASSWORD)),
        ] {
            assert_eq!(check(without, Some(beside)), Err(refused), "{beside}");
            // It is not the one that counts.
            assert_eq!(check(with, Some(beside)), Ok(()), "{beside}");
        }
        for beside in [None, Some(""), Some("also:long@enough/for?everybody#")] {
            assert_eq!(check(without, beside), Ok(()), "{beside:?}");
        }
        let published = WeakPassword::Published("DATABASE_URL");
        let url = "postgres://shop:cartwright@127.0.0.1/shop";
        assert_eq!(check(url, None), Err(published));
    }

    #[test]
    fn only_a_store_that_knows_its_clients_otherwise_goes_without() {
        for url in [
            "postgres://shop@db/shop",
            "redis://127.0.0.1:6379",
            "redis://db/0?x=a:b@c",
        ] {
            assert_eq!(if_given("URL", url), Ok(()), "{url}");
            assert_eq!(required("URL", url), Err(WeakPassword::Missing("URL")), "{url}");
        }
    }
}
