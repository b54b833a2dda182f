//! Passwords that are on the lists that attackers try first: 1,428,276 of 12 or more characters, from `SecLists`.
//!
//! `common-passwords.bin` holds 32 bits of the hash of each, so of all others one in 3,000 is taken for one of them and refused as
//! well. How the file is built, from what, and its format: `infra/local/passwords/build.mjs`.

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

static FILE: &[u8] = include_bytes!("common-passwords.bin");
/// One for each value of the upper half of a hash, and where the last one ends.
const INDEX: usize = 4 * ((1 << 16) + 1);

/// As passwords are compared with others: without case, and without the differences of form that Unicode calls compatible.
pub fn folded(text: &str) -> String {
    let form = text.nfkc().collect::<String>();
    form.to_uppercase().to_lowercase().nfkc().collect()
}

/// Whether somebody who guesses tries this one first.
pub fn is_common(folded: &str) -> bool {
    let digest = Sha256::digest(folded.as_bytes());
    let upper = usize::from(u16::from_be_bytes([digest[0], digest[1]]));
    let lower = u16::from_be_bytes([digest[2], digest[3]]);
    let (index, halves) = FILE.split_at(INDEX);
    let (begins, _) = index.as_chunks::<4>();
    let begin = |bucket: usize| {
        begins
            .get(bucket)
            .map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize)
    };
    let (halves, _) = halves.as_chunks::<2>();
    let bucket = halves.get(begin(upper)..begin(upper + 1)).unwrap_or_default();
    bucket
        .binary_search_by_key(&lower, |bytes| u16::from_le_bytes(*bytes))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_of_the_lists_are_found_however_they_are_written() {
        for password in [
            "password1234",
            "123456789012",
            "qwertyuiop12",
            "Password123!",
            "iloveyou1234",
            "ILOVEYOU1234",
            "correcthorsebatterystaple",
            "\u{ff30}assword1234",
        ] {
            assert!(is_common(&folded(password)), "{password}");
        }
    }

    #[test]
    fn of_all_other_passwords_hardly_one_is_taken_for_one_of_the_lists() {
        let taken =
            (0..100_000).filter(|number| is_common(&format!("nobody's own password, number {number}")));
        // One in 3,000: about 33.
        assert!(taken.count() < 70);
    }
}
