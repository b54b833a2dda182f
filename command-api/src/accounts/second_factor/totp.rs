//! One-time codes of an app: RFC 6238 with what every app can do, which is SHA-1, six digits and thirty seconds. Pure.
//!
//! A code of the step before or after is taken too: clocks differ. Which step it was is for the caller to remember, so that it is taken
//! once.

use qrcode::{Color, EcLevel, QrCode};
use totp_rs::{Builder, Secret, Totp};

use super::SecondFactorError;

/// RFC 4226 §4 recommends 160 bits.
const SECRET_BYTES: usize = 20;
const DIGITS: usize = 6;
/// Shown in the app above the address.
const ISSUER: &str = "Cartwright";

/// # Errors
/// The operating system has no random bytes.
pub fn new_secret() -> Result<Vec<u8>, SecondFactorError> {
    let mut secret = vec![0; SECRET_BYTES];
    getrandom::fill(&mut secret).map_err(|error| SecondFactorError::Unreadable(error.to_string()))?;
    Ok(secret)
}

/// The step whose code this is, if it is one at `now`. Blanks do not count: apps show them in the middle.
///
/// # Errors
/// The secret is none.
pub fn step_of(secret: &[u8], code: &str, now: u64) -> Result<Option<i64>, SecondFactorError> {
    let digits: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
    if digits.len() != DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let step = built(secret, "account")?.check(&digits, now);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// What an app is told: as an address for its camera, and as letters for whoever types.
pub struct Invitation {
    /// `otpauth://totp/…`
    pub uri: String,
    /// Base32, in fours.
    pub typed: String,
    pub qr: Qr,
}

/// A QR code as one path of SVG in units of its modules, without the margin of four modules that it needs.
pub struct Qr {
    pub size: usize,
    pub path: String,
}

/// # Errors
/// The address of the account does not fit in.
pub fn invitation(secret: &[u8], email: &str) -> Result<Invitation, SecondFactorError> {
    let failed = |error: &dyn std::fmt::Display| SecondFactorError::Unreadable(error.to_string());
    // Colons part the issuer from the account.
    let name = email.replace(':', " ");
    let totp = built(secret, &name)?;
    let uri = totp.to_url().map_err(|error| failed(&error))?;
    let code = QrCode::with_error_correction_level(&uri, EcLevel::M).map_err(|error| failed(&error))?;
    let letters: Vec<char> = Secret::from(secret.to_vec()).to_base32().chars().collect();
    let fours: Vec<String> = letters.chunks(4).map(|four| four.iter().collect()).collect();
    Ok(Invitation {
        uri,
        typed: fours.join(" "),
        qr: drawn(&code),
    })
}

fn built(secret: &[u8], name: &str) -> Result<Totp, SecondFactorError> {
    Builder::new()
        .with_secret(secret.to_vec())
        .with_account_name(name)
        .with_issuer(Some(ISSUER))
        .build()
        .map_err(|error| SecondFactorError::Unreadable(error.to_string()))
}

/// Each run of dark modules in a row is one rectangle.
fn drawn(code: &QrCode) -> Qr {
    use std::fmt::Write;
    let size = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(size).enumerate() {
        let mut x = 0;
        while x < size {
            let length = row[x..].iter().take_while(|color| **color == Color::Dark).count();
            if length > 0 {
                // Nothing that is written into a text fails.
                let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
            }
            x += length.max(1);
        }
    }
    Qr { size, path }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the last six of its eight digits.
    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standard() {
        for (now, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let step = i64::try_from(now / 30).ok();
            assert_eq!(step_of(SECRET, code, now).unwrap(), step, "{now}");
        }
    }

    #[test]
    fn a_code_is_taken_one_step_early_or_late_and_no_more() {
        let step = |now| step_of(SECRET, "050 471", now).unwrap();
        let its_own = Some(1_111_111_111 / 30);
        for now in [1_111_111_111, 1_111_111_111 - 30, 1_111_111_111 + 30] {
            assert_eq!(step(now), its_own, "{now}");
        }
        for now in [1_111_111_111 - 60, 1_111_111_111 + 60] {
            assert_eq!(step(now), None, "{now}");
        }
        for none in ["", "05047", "0504711", "05047a", "٠٥٠٤٧١"] {
            assert_eq!(step_of(SECRET, none, 1_111_111_111).unwrap(), None, "{none}");
        }
    }

    #[test]
    fn an_app_is_told_by_address_by_letters_and_by_picture() {
        let told = invitation(SECRET, "ada@example.org").unwrap();
        assert!(
            told.uri
                .starts_with("otpauth://totp/Cartwright:ada%40example.org?"),
            "{}",
            told.uri
        );
        assert_eq!(told.typed, "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert!(told.uri.contains(&told.typed.replace(' ', "")), "{}", told.uri);
        // The finder in the upper left corner: seven dark modules, one light one.
        assert!(told.qr.path.starts_with("M0 0h7v1h-7z"), "{}", told.qr.path);
        assert!(invitation(SECRET, &format!("{}@example.org", "a".repeat(240))).is_ok());
    }
}
