//! Which passwords are not accepted: those that somebody who guesses would come to soon.
//!
//! On a list of the common ones ([`super::common_passwords`]), or made as zxcvbn knows that passwords are made: words, names, years,
//! rows of keys, repetitions, letters replaced by digits. What is known of the account and of the shop counts as words.

use zxcvbn::Score;

use super::common_passwords::{folded, is_common};

const MIN_LENGTH: usize = 12;
const MAX_LENGTH: usize = 128;
/// At least 10^8 guesses by zxcvbn's count.
const NEEDED: Score = Score::Three;
/// So many characters are looked at for patterns: about what hashing costs at worst, where every character more would double that. A
/// password that begins as one that is easily guessed is refused, however it goes on.
const LOOKED_AT: usize = 20;
/// What a password for this shop is made of.
const SHOP_WORDS: [&str; 7] = [
    "cartwright",
    "shop",
    "shopping",
    "store",
    "cart",
    "basket",
    "checkout",
];
const ADVICE: &str =
    "take four or more words that have nothing to do with each other, or let a password manager make one";

/// Why a password is not accepted, in words that say what is: what takes microseconds to see. It is prepared as it will be hashed.
pub fn broken_rule(password: &str, email: &str) -> Option<String> {
    if password.chars().any(char::is_control) {
        return Some("has to be without control characters".to_owned());
    }
    let length = password.chars().count();
    if !(MIN_LENGTH..=MAX_LENGTH).contains(&length) {
        return Some(format!(
            "has to have {MIN_LENGTH} to {MAX_LENGTH} characters, it has {length}"
        ));
    }
    let (password, email) = (folded(password), folded(email));
    let own_name = local_part(&email);
    if own_name.chars().count() >= 4 && password.contains(own_name) {
        return Some("must not contain the name in the e-mail address".to_owned());
    }
    if is_common(&password) {
        return Some(format!(
            "is on the lists of passwords that attackers try first: {ADVICE}"
        ));
    }
    None
}

/// The same: what takes about as long as hashing it.
pub fn weakness(password: &str, email: &str) -> Option<String> {
    let (password, email) = (folded(password), folded(email));
    let mut known: Vec<&str> = email.split(|c: char| !c.is_alphanumeric()).collect();
    known.extend(SHOP_WORDS);
    let domain = email.rsplit('@').next().unwrap_or_default();
    known.extend([&*email, local_part(&email), domain]);
    let beginning: String = password.chars().take(LOOKED_AT).collect();
    if zxcvbn::zxcvbn(&beginning, &known).score() < NEEDED {
        return Some(format!("is guessed too easily: {ADVICE}"));
    }
    None
}

fn local_part(email: &str) -> &str {
    email.split('@').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMAIL: &str = "AdaLovelace@engine.example";

    fn objection(password: &str, email: &str) -> Option<String> {
        broken_rule(password, email).or_else(|| weakness(password, email))
    }

    #[test]
    fn a_password_that_is_easily_guessed_is_objected_to_in_words() {
        for (password, because) in [
            ("short", "12 to 128 characters, it has 5"),
            ("the adalovelace of 1815", "the name in the e-mail address"),
            ("ADALOVELACE is my name", "the name in the e-mail address"),
            ("correct\0horse\0battery", "without control characters"),
        ] {
            let said = objection(password, EMAIL).unwrap_or_default();
            assert!(said.contains(because), "{password}: {said}");
        }
    }

    #[test]
    fn a_common_password_and_one_that_is_made_like_one_are_refused_with_what_to_do_instead() {
        for password in [
            // On the list, however they are written.
            "password1234",
            "123456789012",
            "qwertyuiop12",
            "Password123!",
            "iloveyou1234",
            "cartwright12",
            "PASSWORD1234",
            "\u{ff30}assword1234",
            // Made of what is known: repetition, rows of keys, one word and a year, the shop, the address.
            "aaaaaaaaaaaaabbb",
            "xyzxyzxyzxyzxyz",
            "asdfghjkl;'12345",
            "P@ssw0rd!P@ssw0rd!",
            "Cartwright2031!",
            "shoppingbasket",
            "engine.example1",
        ] {
            let said = objection(password, EMAIL).unwrap_or_default();
            assert!(said.ends_with(ADVICE), "{password}: {said}");
        }
    }

    #[test]
    fn words_that_do_not_belong_together_and_what_a_machine_made_are_accepted() {
        for password in [
            "correct horse battery",
            "b\u{fc}cher im schrank",
            "my cart has three wheels",
            "Xk9#vT2pQz7!",
        ] {
            assert_eq!(objection(password, EMAIL), None, "{password}");
        }
    }
}
