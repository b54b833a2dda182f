//! How what is said about second factors looks over HTTP.

use axum::http::StatusCode;
use session::Role;

use crate::accounts::second_factor::{MAX_FACTORS, SecondFactorError};
use crate::error::Problem;

impl Problem {
    /// To somebody whose account has the role, in a session that was begun without a second factor.
    pub fn second_factor_required(role: Role) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "second-factor-required",
            "This needs a second factor",
            format!(
                "Nothing was changed. Your account has the role {role} from before a role needed a second factor. Set one up, an app \
                 or a passkey, at /account/security, or with POST /api/commands/account/second-factors/totp. The role is taken away \
                 then: ask the operator of the shop to grant it again."
            ),
        )
    }
}

impl From<SecondFactorError> for Problem {
    fn from(error: SecondFactorError) -> Self {
        let (slug, title, detail) = match error {
            SecondFactorError::WrongProof => (
                "wrong-second-factor",
                "The second factor is not right",
                "Nothing was changed. A code of an app is good for about a minute and works once, as a recovery code does."
                    .to_owned(),
            ),
            SecondFactorError::ChallengeOver => (
                "second-step-expired",
                "It took too long, or there were too many tries",
                "Nothing was changed. Begin again: sign in with the password, or set the second factor up once more."
                    .to_owned(),
            ),
            SecondFactorError::NoFactor => {
                return Self::new(
                    StatusCode::NOT_FOUND,
                    "second-factor-not-found",
                    "There is no such second factor",
                    "Nothing was changed. GET /api/commands/account/second-factors lists those that there are.",
                );
            }
            SecondFactorError::TooMany => (
                "second-factor-limit",
                "There are too many second factors",
                format!("Nothing was changed. There may be {MAX_FACTORS}; remove one that nobody uses."),
            ),
            SecondFactorError::LastOne => (
                "second-factor-needed",
                "The last second factor stays",
                "Nothing was changed. The account has a role that counts with a second factor alone. Add another one first."
                    .to_owned(),
            ),
            SecondFactorError::PasskeyTaken => (
                "passkey-taken",
                "This passkey is in use already",
                "Nothing was changed. Choose another one.".to_owned(),
            ),
            SecondFactorError::NoPasskeys => (
                "passkeys-unavailable",
                "Passkeys cannot be used here",
                "Nothing was changed. Browsers bind them to a domain, and this shop has none. Use an app.".to_owned(),
            ),
            SecondFactorError::Account(error) => return error.into(),
            SecondFactorError::Unreadable(cause) => {
                tracing::error!(cause, "a second factor cannot be made or read");
                return Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal",
                    "A fault of ours",
                    "Nothing was changed.",
                );
            }
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, slug, title, detail)
    }
}
