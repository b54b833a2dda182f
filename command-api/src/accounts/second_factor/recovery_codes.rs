//! Ten codes on paper, for when neither app nor passkey is at hand. Each works once.
//!
//! Only hashes are stored. A code has 80 random bits: hashing it slowly would add nothing.

use std::collections::BTreeSet;

use database::Session;
use sha2::{Digest, Sha256};
use sqlx::postgres::PgExecutor;
use uuid::Uuid;

use super::SecondFactorError;

pub const CODES: usize = 10;
/// Crockford's base 32: without the letters that are taken for others.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LETTERS: usize = 16;

/// Ten new ones take the place of those that there are. They are returned here and never again.
pub async fn renew(connection: &mut Session, account: Uuid) -> Result<Vec<String>, SecondFactorError> {
    let mut codes = BTreeSet::new();
    while codes.len() < CODES {
        codes.insert(generated()?);
    }
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| hash(account, code)).collect();
    forget(&mut *connection, account).await?;
    sqlx::query("insert into recovery_codes (account_id, hash) select $1, unnest($2::bytea[])")
        .bind(account)
        .bind(hashes)
        .execute(connection)
        .await?;
    Ok(codes.into_iter().collect())
}

/// Uses a code up. Whether it was one.
pub async fn use_up(
    executor: impl PgExecutor<'_>,
    account: Uuid,
    typed: &str,
) -> Result<bool, SecondFactorError> {
    let done = sqlx::query("delete from recovery_codes where account_id = $1 and hash = $2")
        .bind(account)
        .bind(hash(account, &meant(typed)))
        .execute(executor)
        .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn left(executor: impl PgExecutor<'_>, account: Uuid) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select count(*) from recovery_codes where account_id = $1")
        .bind(account)
        .fetch_one(executor)
        .await
}

pub async fn forget(executor: impl PgExecutor<'_>, account: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query("delete from recovery_codes where account_id = $1")
        .bind(account)
        .execute(executor)
        .await
        .map(drop)
}

fn generated() -> Result<String, SecondFactorError> {
    let mut random = [0_u8; LETTERS];
    getrandom::fill(&mut random).map_err(|error| SecondFactorError::Unreadable(error.to_string()))?;
    let letters: Vec<char> = random
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect();
    let fours: Vec<String> = letters.chunks(4).map(|four| four.iter().collect()).collect();
    Ok(fours.join("-"))
}

/// The code that somebody means, however it was copied from paper.
fn meant(typed: &str) -> String {
    let letters: Vec<char> = typed
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| match letter.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        })
        .collect();
    let fours: Vec<String> = letters.chunks(4).map(|four| four.iter().collect()).collect();
    fours.join("-")
}

fn hash(account: Uuid, code: &str) -> Vec<u8> {
    let digest = Sha256::new().chain_update(account.as_bytes()).chain_update(code);
    digest.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_however_it_is_copied_from_paper() {
        let code = generated().unwrap();
        assert_eq!(code.len(), 19);
        let (spaced, loud) = (code.replace('-', " "), code.to_uppercase().replace('0', "O"));
        for typed in [
            &code,
            &code.replace('-', ""),
            &spaced,
            &loud,
            &format!(" {code}\n"),
        ] {
            assert_eq!(meant(typed), code, "{typed}");
        }
    }

    #[test]
    fn the_hash_of_a_code_is_its_accounts() {
        let (ada, eve) = (Uuid::now_v7(), Uuid::now_v7());
        assert_ne!(hash(ada, "0000-0000-0000-0000"), hash(eve, "0000-0000-0000-0000"));
    }
}
