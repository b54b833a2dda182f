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
const SHOP_WORDS: [&str; 16] = [
    "cartwright",
    "shop",
    "shopping",
    "store",
    "cart",
    "basket",
    "checkout",
    "kitchen",
    "table",
    "desk",
    "garden",
    "bath",
    "light",
    "office",
    "mug",
    "teapot",
];
/// "Password", and the first keys, where the keyboard or the language is another one.
const WORDS_OF_OTHERS: [&str; 10] = [
    "passwort",
    "kennwort",
    "motdepasse",
    "contrasena",
    "contraseña",
    "senha",
    "пароль",
    "йцукен",
    "фывапр",
    "كلمةالسر",
];
/// One word that is guessed before these many others (in powers of ten) is none, whatever stands around it.
const GUESSED_SOON: f64 = 5.0;
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
    let own_name = letters_of(own_name(&email));
    if own_name.chars().count() >= 4 && letters_of(&password).contains(&own_name) {
        return Some("must not contain the name in the e-mail address".to_owned());
    }
    if is_common(&password) || is_common(&letters_of(&password)) {
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
    known.extend(SHOP_WORDS.iter().chain(&WORDS_OF_OTHERS));
    let domain = email.rsplit('@').next().unwrap_or_default();
    known.extend([&*email, own_name(&email), domain]);
    // What stands between the letters hides no word.
    let bare = letters_of(&password);
    let beginning = |text: &str| text.chars().take(LOOKED_AT).collect::<String>();
    let is_weak = |text: &str| zxcvbn::zxcvbn(&beginning(text), &known).score() < NEEDED;
    if is_weak(&password) || (bare != password && is_weak(&bare)) || is_one_word(&password, &known) {
        return Some(format!("is guessed too easily: {ADVICE}"));
    }
    None
}

/// Whether it is one word that many take, with digits and signs before and behind it: zxcvbn counts every sign as if nobody could guess it.
fn is_one_word(password: &str, known: &[&str]) -> bool {
    let word = password.trim_matches(|c: char| !c.is_alphabetic());
    word.chars().all(char::is_alphabetic)
        && word.chars().count() <= LOOKED_AT
        && (word.is_empty() || zxcvbn::zxcvbn(word, known).guesses_log10() < GUESSED_SOON)
}

/// Without what stands between letters and digits.
fn letters_of(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// What stands before the @, and before a `+` there.
fn own_name(email: &str) -> &str {
    let local = email.split('@').next().unwrap_or_default();
    local.split('+').next().unwrap_or_default()
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
            ("Ada-Lovelace-83!x", "the name in the e-mail address"),
            ("correct\0horse\0battery", "without control characters"),
        ] {
            let said = objection(password, EMAIL).unwrap_or_default();
            assert!(said.contains(because), "{password}: {said}");
        }
    }

    #[test]
    fn the_name_in_an_address_is_what_mails_are_delivered_to() {
        for email in [
            "anna.smith@mail.example",
            "Anna.Smith+shop@mail.example",
            "annasmith@mail.example",
        ] {
            let said = objection("anna.smith.Q7x2", email).unwrap_or_default();
            assert!(said.contains("the name in the e-mail address"), "{email}: {said}");
        }
    }

    #[test]
    fn a_common_password_and_one_that_is_made_like_one_are_refused_with_what_to_do_instead() {
        let refused = |password: &&str| objection(password, EMAIL).is_some_and(|said| said.ends_with(ADVICE));
        let mut taken: Vec<&str> = [
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
            // One word, and what everybody puts around it.
            "Welcome2026!!",
            "Changeme2026!",
            "LetMeIn2026!!",
            "Summer2026!!",
            "Sommer2026!!",
            "Passwort2026!",
            "Fussball2026!",
            "Dragon123456!",
            "London2012!!",
            "contraseña123",
            "пароль123456",
            // What stands between the letters, seen or not.
            "letmein letmein",
            "p.a.s.s.w.o.r.d",
            "qwerty\u{200b}uiop12",
            "correct horse battery",
            "correct horse battery staple",
            "mycartwright!",
        ]
        .into();
        taken.retain(|password| !refused(password));
        assert_eq!(taken, [""; 0]);
    }

    #[test]
    fn words_that_do_not_belong_together_and_what_a_machine_made_are_accepted() {
        for password in [
            "lantern quarry violin",
            "b\u{fc}cher im schrank",
            "my cart has three wheels",
            "another fine password",
            "mostly harmless towel",
            "a new one of several words",
            "another one of four words",
            "a password of the tests",
            "something else entirely",
            "quite another one, and longer",
            "Xk9#vT2pQz7!",
        ] {
            assert_eq!(objection(password, EMAIL), None, "{password}");
        }
    }
}
